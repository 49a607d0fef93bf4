using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Pictures in memory with the class of each.</summary>
/// <threadsafety>Immutable, while nobody writes its pixels.</threadsafety>
public sealed class LabelledImages
{
    /// <summary>Takes the arrays as they are, without copying.</summary>
    /// <param name="pixels">Bytes (count, height, width, channels), row-major.</param>
    /// <param name="count">How many pictures.</param>
    /// <param name="height">Rows of each.</param>
    /// <param name="width">Columns of each.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    /// <param name="labels">The class of each picture, an index into <paramref name="classNames"/>.</param>
    /// <param name="classNames">The classes, in label order.</param>
    /// <exception cref="DataException">The lengths do not fit each other, or a label is out of range.</exception>
    public LabelledImages(byte[] pixels, int count, int height, int width, int channels, int[] labels, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        if (pixels.LongLength != (long)count * height * width * channels)
            throw new DataException($"{pixels.LongLength} pixel bytes do not make {count} images of {height}x{width}x{channels}.");
        if (labels.Length != count) throw new DataException($"{count} images came with {labels.Length} labels.");
        for (var i = 0; i < labels.Length; i++)
            if (labels[i] < 0 || labels[i] >= classNames.Count)
                throw new DataException($"Label {i} is {labels[i]}, but there are {classNames.Count} classes.");
        (Pixels, Count, Height, Width, Channels, Labels, ClassNames) = (pixels, count, height, width, channels, labels, classNames);
    }

    /// <summary>Bytes (count, height, width, channels), row-major.</summary>
    public byte[] Pixels { get; }

    /// <summary>How many pictures.</summary>
    public int Count { get; }

    /// <summary>Rows of each picture.</summary>
    public int Height { get; }

    /// <summary>Columns of each picture.</summary>
    public int Width { get; }

    /// <summary>1 for grey, 3 for RGB.</summary>
    public int Channels { get; }

    /// <summary>The class of each picture.</summary>
    public int[] Labels { get; }

    /// <summary>The classes, in label order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Bytes of one picture.</summary>
    public int ImageBytes => Height * Width * Channels;

    /// <summary>The bytes of one picture, (height, width, channels).</summary>
    public ReadOnlySpan<byte> Image(int index) => Pixels.AsSpan(checked(index * ImageBytes), ImageBytes);

    /// <summary>The pictures from <paramref name="start"/> on, <paramref name="count"/> of them, copied.</summary>
    public LabelledImages Slice(int start, int count) => new(
        Pixels.AsSpan(checked(start * ImageBytes), checked(count * ImageBytes)).ToArray(), count, Height, Width, Channels,
        Labels.AsSpan(start, count).ToArray(), ClassNames);
}
