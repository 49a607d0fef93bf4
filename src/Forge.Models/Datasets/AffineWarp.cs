using Forge.Core.Ops;

namespace Forge.Models.Datasets;

/// <summary>The affine warp on the host: the reference that the device's warp is held against.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class AffineWarp
{
    /// <summary>Warps one image, (height, width, channels), to the same size; coordinates and weights in double.</summary>
    /// <param name="source">The image's bytes.</param>
    /// <param name="target">Receives height * width * channels floats in 0..255, times <paramref name="scale"/>.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">Values per pixel.</param>
    /// <param name="matrix">Output (row, column) to input (row, column).</param>
    /// <param name="fill">What lies outside.</param>
    /// <param name="fillValue">The value for <see cref="FillMode.Constant"/>, in 0..255.</param>
    /// <param name="order">1 interpolates linearly between four pixels, 0 takes the nearest.</param>
    /// <param name="scale">Multiplies every result, last, in float (Keras's rescale).</param>
    /// <exception cref="ArgumentException">A span is too short, or the order is neither 0 nor 1.</exception>
    public static void OnHost(ReadOnlySpan<byte> source, Span<float> target, int height, int width, int channels, in AffineMatrix matrix,
        FillMode fill = FillMode.Nearest, float fillValue = 0, int order = 1, float scale = 1)
    {
        var count = checked(height * width * channels);
        if (source.Length < count || target.Length < count)
            throw new ArgumentException($"{source.Length} bytes and {target.Length} floats do not hold {height}x{width}x{channels} pixels.");
        if (order is not (0 or 1)) throw new ArgumentException($"Interpolation order {order} is not supported: use 0 (nearest) or 1 (linear).", nameof(order));
        if (matrix == AffineMatrix.Identity)
        {
            for (var i = 0; i < count; i++) target[i] = source[i] * scale;
            return;
        }
        var at = 0;
        for (var r = 0; r < height; r++)
            for (var q = 0; q < width; q++, at += channels)
            {
                var row = Inside(matrix.RowRow * r + matrix.RowColumn * q + matrix.RowOffset, height, fill);
                var column = Inside(matrix.ColumnRow * r + matrix.ColumnColumn * q + matrix.ColumnOffset, width, fill);
                if (double.IsNaN(row) || double.IsNaN(column)) target.Slice(at, channels).Fill(fillValue * scale);
                else if (order == 0) Nearest(source, target[at..], row, column);
                else Linear(source, target[at..], row, column);
            }

        void Nearest(ReadOnlySpan<byte> source, Span<float> target, double row, double column)
        {
            var from = (Index((int)Math.Floor(row + 0.5), height, fill) * width + Index((int)Math.Floor(column + 0.5), width, fill)) * channels;
            for (var c = 0; c < channels; c++) target[c] = source[from + c] * scale;
        }

        void Linear(ReadOnlySpan<byte> source, Span<float> target, double row, double column)
        {
            var (top, left) = ((int)Math.Floor(row), (int)Math.Floor(column));
            var (down, right) = (row - top, column - left);
            var (row0, row1) = (Index(top, height, fill) * width, Index(top + 1, height, fill) * width);
            var (column0, column1) = (Index(left, width, fill), Index(left + 1, width, fill));
            var (a, b) = ((row0 + column0) * channels, (row0 + column1) * channels);
            var (d, e) = ((row1 + column0) * channels, (row1 + column1) * channels);
            for (var c = 0; c < channels; c++)
            {
                var upper = source[a + c] * (1 - right) + source[b + c] * right;
                var lower = source[d + c] * (1 - right) + source[e + c] * right;
                target[c] = (float)(upper * (1 - down) + lower * down) * scale;
            }
        }
    }

    // The coordinate brought near the image: scipy's rule for each mode. NaN stands for outside.
    private static double Inside(double at, int length, FillMode fill)
    {
        if (at >= 0 && at <= length - 1) return at;
        if (!double.IsFinite(at)) return double.NaN;
        switch (fill)
        {
            case FillMode.Nearest:
                return Math.Clamp(at, 0, length - 1);
            case FillMode.Constant:
                return double.NaN;
            case FillMode.Reflect:
                var folded = at - Math.Floor(at / (2.0 * length)) * (2.0 * length);
                return Math.Clamp(folded < length ? folded : 2.0 * length - 1 - folded, -1, length); // far coordinates have no fraction left
            default:
                if (length == 1) return 0;
                var period = length - 1.0;
                return Math.Clamp(at < 0 ? at + period * (Math.Floor(-at / period) + 1) : at - period * Math.Floor(at / period), 0, period);
        }
    }

    // Neighbours of a coordinate that Inside returned lie at most one pixel outside.
    private static int Index(int at, int length, FillMode fill) =>
        at >= 0 && at < length ? at : fill == FillMode.Wrap && length > 1 ? (at + length - 1) % (length - 1) : Math.Clamp(at, 0, length - 1);
}
