using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>What lies outside the image, as Keras names it and scipy.ndimage means it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum FillMode
{
    /// <summary>The nearest edge pixel: aaaa|abcd|dddd.</summary>
    Nearest,
    /// <summary>A fixed value, wherever the coordinate itself is outside: kkkk|abcd|kkkk.</summary>
    Constant,
    /// <summary>Mirrored about the edge, which repeats: dcba|abcd|dcba.</summary>
    Reflect,
    /// <summary>Repeated; as in scipy the period is one pixel short, the last pixel standing for the first: abcd|bcd.</summary>
    Wrap,
}

/// <summary>Reads every pixel of each image where the image's matrix says, and rescales: random shear, zoom, rotation, shift and flips.</summary>
/// <param name="Fill">What lies outside.</param>
/// <param name="FillValue">The value outside for <see cref="FillMode.Constant"/>, in 0..255.</param>
/// <param name="Order">1 interpolates linearly between four pixels, 0 takes the nearest.</param>
/// <param name="Scale">Multiplies every result, last.</param>
/// <remarks>
/// x u8 (N,H,W,C), m f32 (N,2,3) → y f32 (N,H,W,C). The pixel (r, q) of image n is read at row m[n,0,0]·r + m[n,0,1]·q + m[n,0,2] and
/// column m[n,1,0]·r + m[n,1,1]·q + m[n,1,2], pixel centres at whole numbers. Not differentiable: it prepares inputs.
/// Source: Keras's ImageDataGenerator over scipy.ndimage.affine_transform.
/// </remarks>
/// <exception cref="ShapeException">The order is neither 0 nor 1, or there is not one matrix for each image.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AffineWarpOp(FillMode Fill = FillMode.Nearest, float FillValue = 0, int Order = 1, float Scale = 1) : Op, ISampled
{
    /// <summary>1 interpolates linearly between four pixels, 0 takes the nearest.</summary>
    public int Order { get; } = Order is 0 or 1 ? Order : throw new ShapeException($"AffineWarp: interpolation order {Order} is not supported. Use 0 (nearest) or 1 (linear).");

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBe(DType.U8, rank: 4, name: "x").Shape;
        var m = inputs[1].MustBe(DType.F32, rank: 3, name: "matrices").Shape;
        if (!m.Equals(new Shape(x[0], 2, 3)))
            throw new ShapeException(this, inputs, $"matrices are {m}, but {x[0]} images need ({x[0]}, 2, 3)", "Give one matrix of two rows and three columns for each image.");
        return [new(DType.F32, x)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, m, y) = (inputs[0], inputs[1], outputs[0]);
        var (count, height, width, channels) = x.Shape.Nhwc;
        for (var n = 0; n < count; n++)
            for (var r = 0; r < height; r++)
                for (var q = 0; q < width; q++)
                {
                    var row = Inside(m[n, 0, 0] * r + m[n, 0, 1] * q + m[n, 0, 2], height);
                    var column = Inside(m[n, 1, 0] * r + m[n, 1, 1] * q + m[n, 1, 2], width);
                    for (var c = 0; c < channels; c++)
                        y[n, r, q, c] = Scale * (double.IsNaN(row) || double.IsNaN(column) ? FillValue : Colour(x, n, row, column, c));
                }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        throw new GraphException($"{node} prepares images and has no gradient. Differentiate with respect to what comes after it.");

    // Four bytes and a dozen operations for each value; the coordinates are shared by a pixel's channels.
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 12);

    // Entries are eighths, exact in every precision, so that no coordinate falls on another side of an edge.
    public static OpCase Sample(Draw draw)
    {
        var op = new AffineWarpOp(draw.OneOf(FillMode.Nearest, FillMode.Constant, FillMode.Reflect, FillMode.Wrap), draw.Int(0, 255), draw.Int(0, 1), draw.OneOf(1, 1 / 255f));
        var shape = draw.Shape(4);
        var m = draw.Integers((shape[0], 2, 3), DType.F32, -12, 12);
        for (var i = 0; i < m.Elements.Length; i++) m[i] = i % 3 == 2 ? m[i] / 2 : m[i] / 8;
        return new(op, draw.Integers(shape, DType.U8, 0, 255), m);
    }

    private double Colour(ReferenceTensor x, int n, double row, double column, int c)
    {
        var (height, width) = (x.Shape[1], x.Shape[2]);
        if (Order == 0) return x[n, Index((int)Math.Floor(row + 0.5), height), Index((int)Math.Floor(column + 0.5), width), c];
        var (top, left) = ((int)Math.Floor(row), (int)Math.Floor(column));
        var (down, right) = (row - top, column - left);
        return (1 - down) * Across(top) + down * Across(top + 1);

        double Across(int at) => (1 - right) * x[n, Index(at, height), Index(left, width), c] + right * x[n, Index(at, height), Index(left + 1, width), c];
    }

    // The coordinate brought near the image: scipy's rule for each mode. NaN stands for outside.
    private double Inside(double at, int length)
    {
        if (at >= 0 && at <= length - 1) return at;
        if (!double.IsFinite(at) || Fill == FillMode.Constant) return double.NaN;
        if (Fill == FillMode.Nearest) return Math.Clamp(at, 0, length - 1);
        if (Fill == FillMode.Reflect)
        {
            var folded = at - Math.Floor(at / (2.0 * length)) * (2.0 * length);
            return Math.Clamp(folded < length ? folded : 2.0 * length - 1 - folded, -1, length);
        }
        if (length == 1) return 0;
        var period = length - 1.0;
        return Math.Clamp(at < 0 ? at + period * (Math.Floor(-at / period) + 1) : at - period * Math.Floor(at / period), 0, period);
    }

    // Neighbours of a coordinate that Inside returned lie at most one pixel outside.
    private int Index(int at, int length) =>
        at >= 0 && at < length ? at : Fill == FillMode.Wrap && length > 1 ? (at + length - 1) % (length - 1) : Math.Clamp(at, 0, length - 1);
}
