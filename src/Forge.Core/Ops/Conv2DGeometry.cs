namespace Forge.Core.Ops;

/// <summary>How a window of weights steps over an image: what Conv2D and its two gradients share.</summary>
/// <param name="Stride">Elements between windows.</param>
/// <param name="Padding">Zeros around the image.</param>
/// <param name="Dilation">Elements between the taps of a window; 1 when they are neighbours.</param>
/// <param name="Groups">Groups of channels convolved apart: input channels C and output channels O are split alike.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Conv2DGeometry(Size2D Stride, Padding2D Padding, Size2D Dilation, int Groups)
{
    /// <summary>Stride 1, no padding, no dilation, one group.</summary>
    public static Conv2DGeometry Unit { get; } = new(1, Padding2D.Valid, 1, 1);

    /// <summary>The shape of y (N, P, Q, O) for x (N, H, W, C) and w (KH, KW, C/Groups, O): P = ⌊(H + top + bottom − DH·(KH−1) − 1) / SH⌋ + 1, and Q likewise.</summary>
    /// <exception cref="ShapeException">Channels, groups or window do not fit.</exception>
    internal Shape Output(Op op, IReadOnlyList<TensorType> inputs, Shape x, Shape w)
    {
        var ((n, h, width, c), (kh, kw, _, o)) = (x.Nhwc, w.Nhwc);
        if (Math.Min(Math.Min(Padding.Top, Padding.Bottom), Math.Min(Padding.Left, Padding.Right)) < 0)
            throw new ShapeException(op, inputs, $"padding {Padding} is negative", "Slice the input instead.");
        Convolution.CheckChannels(op, inputs, Groups, c, w, "height, width");
        return new(n, Along("height", h, Padding.Top + Padding.Bottom, kh, Stride.H, Dilation.H),
            Along("width", width, Padding.Left + Padding.Right, kw, Stride.W, Dilation.W), o);

        int Along(string axis, int extent, int padding, int taps, int stride, int dilation)
        {
            var reach = dilation * (taps - 1) + 1;
            return reach <= extent + padding
                ? (extent + padding - reach) / stride + 1
                : throw new ShapeException(op, inputs, $"window {kh}x{kw}{(dilation > 1 ? $" (dilation {Dilation})" : "")} is larger than the {h}x{width} input{(Padding == Padding2D.Valid ? "" : $" with padding {Padding}")}: its {axis} is {reach}",
                    "Use a smaller window, or pad more.");
        }
    }

    /// <summary>The row or column of x that a tap of a window reads; outside x where padding is read.</summary>
    internal int Row(int p, int i) => p * Stride.H - Padding.Top + i * Dilation.H;

    /// <inheritdoc cref="Row"/>
    internal int Column(int q, int j) => q * Stride.W - Padding.Left + j * Dilation.W;

    /// <summary>Calls <paramref name="visit"/> with the flat indexes of every (pixel of x, tap of w, pixel of y) that meet, each at its channel 0.</summary>
    internal void ForEachTap(Shape x, Shape w, Shape y, Action<int, int, int> visit)
    {
        var ((_, h, width, c), (kh, kw, perGroup, _), (n, p, q, o)) = (x.Nhwc, w.Nhwc, y.Nhwc);
        for (var image = 0; image < n; image++)
            for (var row = 0; row < p; row++)
                for (var i = 0; i < kh; i++)
                {
                    if (Row(row, i) is var fromRow && (fromRow < 0 || fromRow >= h)) continue;
                    for (var column = 0; column < q; column++)
                        for (var j = 0; j < kw; j++)
                            if (Column(column, j) is var fromColumn && fromColumn >= 0 && fromColumn < width)
                                visit(((image * h + fromRow) * width + fromColumn) * c, (i * kw + j) * perGroup * o, ((image * p + row) * q + column) * o);
                }
    }

    /// <summary>A geometry with the shapes of an x and a w that fit it.</summary>
    internal static (Conv2DGeometry Geometry, Shape X, Shape W) Sample(Draw draw)
    {
        var groups = draw.OneOf(1, 1, 1, 2, 3);
        var (perGroup, outputs) = (Channels(draw, groups), Channels(draw, groups));
        var (window, stride, dilation) = (draw.Size2D(1, 4), draw.Size2D(1, 3), draw.OneOf<Size2D>(1, 1, 1, 2, (1, 2), (3, 1)));
        var padding = draw.Bool() ? new Padding2D(draw.Int(0, 2), draw.Int(0, 3), draw.Int(0, 3), draw.Int(0, 2)) : Padding2D.Valid;
        var (n, h, w) = (draw.Int(1, 3), Extent(window.H, dilation.H, padding.Top + padding.Bottom), Extent(window.W, dilation.W, padding.Left + padding.Right));
        return (new(stride, padding, dilation, groups), new(n, h, w, groups * perGroup), new(window.H, window.W, perGroup, groups * outputs));

        // At least what makes one output; up to nine rows more, so that some are left over when strides are large.
        int Extent(int taps, int step, int padded) => Math.Max(1, step * (taps - 1) + 1 - padded) + draw.Int(0, 9);
    }

    // Odd and even counts, with some above the tile sizes of the kernels where no groups multiply them.
    private static int Channels(Draw draw, int groups) => draw.Int(0, groups == 1 ? 3 : 1) switch
    {
        0 => draw.Int(1, 5),
        1 => 4 * draw.Int(1, 3),
        2 => draw.OneOf(16, 17, 31, 32),
        _ => draw.OneOf(33, 64, 67),
    };
}
