namespace Forge.Core.Ops;

/// <summary>How a pooling window steps over an image: what the pooling ops and their gradients share.</summary>
/// <param name="Window">Window height and width, in elements.</param>
/// <param name="Stride">Elements between windows. Windows may overlap, or leave gaps.</param>
/// <param name="Padding">Cells around the image that a window may cover; they hold nothing. Each side is less than the window, so that no window lies in padding alone.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Pool2DGeometry(Size2D Window, Size2D Stride, Padding2D Padding)
{
    /// <summary>The pooled shape (N, P, Q, C) of x (N, H, W, C): P = ⌊(H + top + bottom − KH) / SH⌋ + 1, and Q likewise. Rows left over are not read.</summary>
    /// <exception cref="ShapeException">The window is larger than the padded input, padding holds a whole window, or x has no rows or columns.</exception>
    internal Shape Output(Op op, IReadOnlyList<TensorType> inputs, Shape x)
    {
        var (n, h, w, c) = x.Nhwc;
        var (top, bottom, left, right) = Padding;
        if (Math.Min(Math.Min(top, bottom), Math.Min(left, right)) < 0 || Math.Max(top, bottom) >= Window.H || Math.Max(left, right) >= Window.W)
            throw new ShapeException(op, inputs, $"padding {Padding} is negative or holds a whole {Window} window", "Pad by less than the window on each side.");
        if (Window.H > h + top + bottom || Window.W > w + left + right)
            throw new ShapeException(op, inputs, $"window {Window} is larger than the {h}x{w} input{(Padding == Padding2D.Valid ? "" : $" with padding {Padding}")}", "Use a smaller window, or pad before pooling.");
        if (h == 0 || w == 0)
            throw new ShapeException(op, inputs, $"the {h}x{w} input has no cells: a window of padding {Padding} holds nothing", "Give images of at least one row and column.");
        return new(n, (h + top + bottom - Window.H) / Stride.H + 1, (w + left + right - Window.W) / Stride.W + 1, c);
    }

    /// <summary>The rows of x in the windows of output row p: from First to before End. Never empty where <see cref="Output"/> accepts x.</summary>
    internal (int First, int End) Rows(int p, int h) => Cells(p * Stride.H - Padding.Top, Window.H, h);

    /// <inheritdoc cref="Rows"/>
    internal (int First, int End) Columns(int q, int w) => Cells(q * Stride.W - Padding.Left, Window.W, w);

    /// <summary>Calls <paramref name="visit"/> with each output's flat index and the flat indexes of the cells of x in its window, row-major.</summary>
    internal void ForEachWindow(Shape x, Shape y, Action<int, ReadOnlySpan<int>> visit)
    {
        var ((_, h, w, _), (n, p, q, c)) = (x.Nhwc, y.Nhwc);
        Span<int> cells = new int[Window.Area];
        for (var image = 0; image < n; image++)
            for (var row = 0; row < p; row++)
                for (var column = 0; column < q; column++)
                    for (var channel = 0; channel < c; channel++)
                    {
                        var (count, (top, bottom), (left, right)) = (0, Rows(row, h), Columns(column, w));
                        for (var i = top; i < bottom; i++)
                            for (var j = left; j < right; j++) cells[count++] = ((image * h + i) * w + j) * c + channel;
                        visit(((image * p + row) * q + column) * c + channel, cells[..count]);
                    }
    }

    /// <summary>The cell that wins a window: the largest value, ties to the first, a NaN above all and the first of those.</summary>
    internal static int Winner(Reference.ReferenceTensor x, ReadOnlySpan<int> cells)
    {
        var best = cells[0];
        foreach (var cell in cells)
            if (!double.IsNaN(x[best]) && !(x[cell] <= x[best])) best = cell;
        return best;
    }

    /// <summary>A geometry and an x that fits it.</summary>
    internal static (Pool2DGeometry Geometry, Shape X) Sample(Draw draw)
    {
        var (window, stride) = (draw.Size2D(1, 4), draw.Size2D(1, 4));
        var padding = draw.Bool() ? new Padding2D(draw.Int(0, window.H - 1), draw.Int(0, window.H - 1), draw.Int(0, window.W - 1), draw.Int(0, window.W - 1)) : Padding2D.Valid;
        return (new(window, stride, padding), new(draw.Int(1, 3),
            Math.Max(1, window.H - padding.Top - padding.Bottom) + draw.Int(0, 9),
            Math.Max(1, window.W - padding.Left - padding.Right) + draw.Int(0, 9),
            draw.Bool() ? 4 * draw.Int(1, 9) : draw.Int(1, 19)));
    }

    /// <summary>Distinct values, 0.01 apart and none nearer 0 than 0.005: a small finite-difference step changes neither a winner nor a sign.</summary>
    internal static Reference.ReferenceTensor Values(Draw draw, Shape x)
    {
        var values = draw.Distinct(x, gap: 0.01);
        for (var i = 0; i < values.Elements.Length; i++) values[i] = (float)(values[i] + 0.005);
        return values;
    }

    private static (int First, int End) Cells(int start, int count, int extent) => (Math.Max(0, start), Math.Min(extent, start + count));
}
