namespace Forge.Core.Ops;

/// <summary>How a pixel of a resized image is made of those around its place.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Interpolation
{
    /// <summary>The pixel in whose cell the place lies.</summary>
    Nearest,
    /// <summary>The two nearest rows and columns, each weighted by how near it is.</summary>
    Bilinear,
}

/// <summary>Where the pixels of a resized image lie in the image that it is made from.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum PixelGrid
{
    /// <summary>Both images cover one area: pixel p has its centre at (p + ½) · from/to − ½. Keras's; PyTorch's bilinear by default, and its "nearest-exact".</summary>
    HalfPixel,
    /// <summary>The centres of the corner pixels coincide: p · (from − 1)/(to − 1). PyTorch's align_corners=True.</summary>
    AlignCorners,
    /// <summary>The first pixels begin together: p · from/to. PyTorch's "nearest".</summary>
    TopLeft,
}

/// <summary>How images are resized: what <see cref="Resize2DOp"/> and its gradient share.</summary>
/// <param name="Interpolation">How a pixel is made.</param>
/// <param name="Grid">Where pixels lie.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Resize2DGeometry(Interpolation Interpolation, PixelGrid Grid)
{
    /// <summary>Where the cells of one axis of the result lie.</summary>
    /// <param name="op">For the message.</param>
    /// <param name="inputs">For the message.</param>
    /// <param name="from">Extent of the axis before.</param>
    /// <param name="to">And after.</param>
    /// <exception cref="ShapeException">The extents are too large, there is nothing to resize, or corners are to be aligned without interpolation.</exception>
    public ResizedAxis Axis(Op op, IReadOnlyList<TensorType> inputs, int from, int to)
    {
        if (Interpolation == Interpolation.Nearest && Grid == PixelGrid.AlignCorners)
            throw new ShapeException(op, inputs, "nearest pixels have no corners to align", "Use bilinear interpolation, or another grid.");
        if (from == 0 || to == 0) throw new ShapeException(op, inputs, $"an axis of {from} cannot become one of {to}", "Give images of at least one row and column.");
        // Places are fractions of integers, in 32 bits.
        if (4L * (from + 1) * (to + 1) > int.MaxValue) throw new ShapeException(op, inputs, $"resizing {from} to {to} has too many places to count", "Resize in two steps.");
        return (Interpolation, Grid) switch
        {
            (_, PixelGrid.TopLeft) => new(from, from, 0, to),
            (_, PixelGrid.AlignCorners) => to == 1 ? new(from, 1, 0, 1) : new(from, from - 1, 0, to - 1),
            (Interpolation.Nearest, _) => new(from, 2 * from, from, 2 * to),
            _ => new(from, 2 * from, from - to, 2 * to),
        };
    }

    /// <summary>Calls <paramref name="visit"/> for each output and each pixel that it is made of: flat indexes, and the weight.</summary>
    internal void ForEachTap(Op op, Shape x, Shape y, Action<int, int, double> visit)
    {
        var ((n, h, w, c), (_, p, q, _)) = (x.Nhwc, y.Nhwc);
        var (rows, columns) = (Taps(Axis(op, [], h, p), p), Taps(Axis(op, [], w, q), q));
        for (var image = 0; image < n; image++)
            for (var row = 0; row < p; row++)
                for (var column = 0; column < q; column++)
                    foreach (var (i, vertical) in rows[row])
                        foreach (var (j, horizontal) in columns[column])
                            for (var channel = 0; channel < c; channel++)
                                visit(((image * p + row) * q + column) * c + channel, ((image * h + i) * w + j) * c + channel, vertical * horizontal);
    }

    private (int Cell, double Weight)[][] Taps(ResizedAxis axis, int to) => [.. Enumerable.Range(0, to).Select<int, (int, double)[]>(p =>
    {
        var (low, high, share) = axis.At(p);
        return Interpolation == Interpolation.Nearest ? [(low, 1)] : [(low, 1 - share), (high, share)];
    })];

    /// <summary>A geometry, an x, and a size to resize it to.</summary>
    internal static (Resize2DGeometry Geometry, Shape X, Size2D To) Sample(Draw draw)
    {
        var (interpolation, grid) = draw.OneOf(
            (Interpolation.Nearest, PixelGrid.HalfPixel), (Interpolation.Bilinear, PixelGrid.HalfPixel), (Interpolation.Bilinear, PixelGrid.AlignCorners),
            (Interpolation.Nearest, PixelGrid.TopLeft), (Interpolation.Bilinear, PixelGrid.TopLeft));
        var x = new Shape(draw.Int(1, 3), draw.Int(1, 7), draw.Int(1, 7), draw.Int(0, 2) switch { 0 => draw.Int(1, 7), 1 => 4 * draw.Int(1, 3), _ => 16 * draw.Int(1, 3) });
        return (new(interpolation, grid), x, draw.Bool() ? (x[1] * 2, x[2] * 2) : draw.Size2D(1, 11));
    }
}

/// <summary>Where the cells of an axis lie along the axis that it is resized from: cell p at (Slope · p + Offset) / Unit.</summary>
/// <param name="From">Cells of the axis that is resized.</param>
/// <param name="Slope">Units from a cell to the next.</param>
/// <param name="Offset">The first cell's place, in units; before the first of what is resized where negative.</param>
/// <param name="Unit">Units in a cell of the axis that is resized.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct ResizedAxis(int From, int Slope, int Offset, int Unit)
{
    /// <summary>The cells on both sides of a place, kept within the axis, and how far it is on the way from the first to the second.</summary>
    public (int Low, int High, double Share) At(int p)
    {
        var place = Math.Max(0, Slope * p + Offset);
        var cell = place / Unit;
        return (Math.Min(cell, From - 1), Math.Min(cell + 1, From - 1), (double)(place % Unit) / Unit);
    }
}
