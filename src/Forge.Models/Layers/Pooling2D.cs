using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Reduces each window of each channel to one value.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class Pooling2D : Layer
{
    private readonly Windows _windows;

    private protected Pooling2D(Size2D poolSize, Size2D? strides, Border padding, string? name) : base(name) =>
        _windows = new(poolSize, strides ?? poolSize, 1, padding);

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 3) throw Windows.NoImage(Name, input);
        var pad = _windows.Padding(input[0], input[1]);
        if (Math.Max(pad.Top, pad.Bottom) >= _windows.Size.H || Math.Max(pad.Left, pad.Right) >= _windows.Size.W)
            throw new ShapeException($"Layer '{Name}': padding {pad} holds a whole {_windows.Size} window, which has nothing to pool. Pad by less than the window on each side.");
        var (rows, columns) = _windows.Count(Name, input[0], input[1]);
        return (rows, columns, input[2]);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) =>
        Pool(x, _windows.Size, _windows.Stride, _windows.Padding(x.Shape[1], x.Shape[2]));

    private protected abstract Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding);
}

/// <summary>The largest value of each window, per channel: x (n,H,W,C) → y (n,P,Q,C). Padded cells never win; a NaN does.</summary>
/// <param name="poolSize">Window height and width; 2 when left out.</param>
/// <param name="strides">Step between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or rows and columns, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class MaxPooling2D(Size2D? poolSize = null, Size2D? strides = null, Border padding = default, string? name = null)
    : Pooling2D(poolSize ?? 2, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding) => x.MaxPool2D(window, stride, padding);
}

/// <summary>The mean of each window, per channel: x (n,H,W,C) → y (n,P,Q,C). Padded cells are not counted.</summary>
/// <param name="poolSize">Window height and width; 2 when left out.</param>
/// <param name="strides">Step between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or rows and columns, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class AveragePooling2D(Size2D? poolSize = null, Size2D? strides = null, Border padding = default, string? name = null)
    : Pooling2D(poolSize ?? 2, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding) => x.AvgPool2D(window, stride, padding);
}

/// <summary>The mean of each channel over the image: x (n,H,W,C) → y (n,C).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalAveragePooling2D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 3
        ? new Shape(input[2])
        : throw Windows.NoImage(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Mean([1, 2]);
}

/// <summary>The largest value of each channel over the image: x (n,H,W,C) → y (n,C). A NaN wins.</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalMaxPooling2D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 3
        ? new Shape(input[2])
        : throw Windows.NoImage(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Max([1, 2]);
}
