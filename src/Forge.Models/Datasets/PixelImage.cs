namespace Forge.Models.Datasets;

/// <summary>One decoded picture: bytes (height, width, channels), row-major.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">1 for grey, 3 for RGB.</param>
/// <param name="Pixels">Height * Width * Channels bytes.</param>
/// <threadsafety>Immutable, while nobody writes its pixels.</threadsafety>
public sealed record PixelImage(int Height, int Width, int Channels, byte[] Pixels)
{
    /// <summary>Resizes by picking the nearest pixel, exactly as Pillow does: source index = floor((i + 0.5) * source / target).</summary>
    /// <param name="height">Rows wanted, at least 1.</param>
    /// <param name="width">Columns wanted, at least 1.</param>
    /// <remarks>Pillow (and so Keras's load_img) steps in doubles from scale * 0.5 by repeated addition; so does this, to the last rounding.</remarks>
    public PixelImage ResizeNearest(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (height == Height && width == Width) return this;
        var (rows, columns) = (NearestIndexes(Height, height), NearestIndexes(Width, width));
        var resized = new byte[checked(height * width * Channels)];
        var at = 0;
        foreach (var row in rows)
            foreach (var column in columns)
            {
                var from = (row * Width + column) * Channels;
                for (var c = 0; c < Channels; c++) resized[at++] = Pixels[from + c];
            }
        return new(height, width, Channels, resized);
    }

    // Pillow's affine path for axis-aligned scaling: it keeps the running position instead of multiplying.
    private static int[] NearestIndexes(int source, int target)
    {
        var indexes = new int[target];
        var scale = (double)source / target;
        var position = scale * 0.5;
        for (var i = 0; i < target; i++, position += scale) indexes[i] = Math.Min((int)position, source - 1);
        return indexes;
    }

    /// <summary>Turns RGB into grey as Pillow does (ITU-R 601-2, 16-bit fixed point): L = (19595 R + 38470 G + 7471 B + 32768) >> 16.</summary>
    public PixelImage ToGrey()
    {
        if (Channels == 1) return this;
        var grey = new byte[Height * Width];
        for (var i = 0; i < grey.Length; i++)
            grey[i] = (byte)((19595 * Pixels[3 * i] + 38470 * Pixels[3 * i + 1] + 7471 * Pixels[3 * i + 2] + 0x8000) >> 16);
        return new(Height, Width, 1, grey);
    }

    /// <summary>Turns grey into RGB by repeating the byte.</summary>
    public PixelImage ToRgb()
    {
        if (Channels == 3) return this;
        var rgb = new byte[checked(Pixels.Length * 3)];
        for (var i = 0; i < Pixels.Length; i++) rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = Pixels[i];
        return new(Height, Width, 3, rgb);
    }
}
