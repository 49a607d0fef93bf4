using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Batches of pictures in memory.</summary>
/// <threadsafety>One thread at a time; examples are written on several others.</threadsafety>
public sealed class MemoryBatches : BatchSource
{
    private readonly LabelledImages _images;
    private readonly int[] _chosen;

    internal MemoryBatches(ImageDataGenerator generator, LabelledImages images, FlowOptions options) : base(generator, options)
    {
        _images = images;
        _chosen = Choose(images, generator.ValidationSplit, options.Subset);
        if (_chosen.Length == 0) throw new DataException($"No images: the {options.Subset} part of {images.Count} images is empty.");
    }

    /// <inheritdoc/>
    public override int Count => _chosen.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => _images.ClassNames;

    /// <inheritdoc/>
    public override Shape ImageShape => (_images.Height, _images.Width, _images.Channels);

    private protected override void ReadPixels(int index, int pass, Span<byte> target) => _images.Image(_chosen[index]).CopyTo(target);

    private protected override int ClassOf(int index, int pass) => _images.Labels[_chosen[index]];

    // Keras's flow() splits the array as a whole, in its order: the first fraction is for validation.
    private static int[] Choose(LabelledImages images, double split, Subset subset)
    {
        var boundary = (int)(split * images.Count);
        return subset switch
        {
            Subset.Validation => [.. Enumerable.Range(0, boundary)],
            Subset.Training => [.. Enumerable.Range(boundary, images.Count - boundary)],
            _ => [.. Enumerable.Range(0, images.Count)],
        };
    }
}
