namespace Forge.Core;

/// <summary>A height and a width, in elements, each at least 1: a window, a stride, a dilation.</summary>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Size2D
{
    /// <summary>A size.</summary>
    /// <param name="h">Height, at least 1.</param>
    /// <param name="w">Width, at least 1.</param>
    /// <exception cref="ShapeException">Either is below 1.</exception>
    public Size2D(int h, int w)
    {
        if (h < 1 || w < 1) throw new ShapeException($"Size {h}x{w}: height and width must be at least 1.");
        (H, W) = (h, w);
    }

    /// <summary>Height in elements.</summary>
    public int H { get; }

    /// <summary>Width in elements.</summary>
    public int W { get; }

    /// <summary>H · W.</summary>
    public int Area => H * W;

    /// <summary>For example 3x3.</summary>
    public override string ToString() => $"{H}x{W}";

    /// <summary>A square.</summary>
    public static implicit operator Size2D(int side) => new(side, side);

    /// <summary>Height and width.</summary>
    public static implicit operator Size2D((int H, int W) size) => new(size.H, size.W);
}

/// <summary>Rows and columns of zeros around an image, in elements, none negative.</summary>
/// <param name="Top">Rows above.</param>
/// <param name="Bottom">Rows below.</param>
/// <param name="Left">Columns before.</param>
/// <param name="Right">Columns after.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Padding2D(int Top, int Bottom, int Left, int Right)
{
    /// <summary>No padding: Keras's "valid".</summary>
    public static Padding2D Valid => default;

    /// <summary>
    /// Keras's "same": ⌈extent/stride⌉ outputs, the odd row or column at the bottom or right
    /// (<paramref name="symmetric"/>: PyTorch's, the same number on both sides).
    /// </summary>
    public static Padding2D Same(int height, int width, Size2D window, Size2D stride, Size2D dilation, bool symmetric = false)
    {
        var (y, x) = (Total(height, window.H, stride.H, dilation.H), Total(width, window.W, stride.W, dilation.W));
        return symmetric
            ? new((y + 1) / 2, (y + 1) / 2, (x + 1) / 2, (x + 1) / 2)
            : new(y / 2, y - y / 2, x / 2, x - x / 2);

        static int Total(int extent, int window, int stride, int dilation) =>
            Math.Max(0, ((extent + stride - 1) / stride - 1) * stride + (window - 1) * dilation + 1 - extent);
    }

    /// <summary>For example 0,1,0,1 (top, bottom, left, right).</summary>
    public override string ToString() => $"{Top},{Bottom},{Left},{Right}";
}
