using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Reduces each window of each channel of a clip to one value.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class Pooling3D : Layer
{
    private readonly ClipWindows _windows;

    private protected Pooling3D(Size3D poolSize, Size3D? strides, Border padding, string? name) : base(name) =>
        _windows = new(poolSize, strides ?? poolSize, 1, padding);

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 4) throw ClipWindows.NoClip(Name, input);
        var (clip, size) = (ClipWindows.SizeOf(input), _windows.Size);
        var (front, back, (top, bottom, left, right)) = _windows.Padding(clip);
        if (Math.Max(front, back) >= size.D || Math.Max(top, bottom) >= size.H || Math.Max(left, right) >= size.W)
            throw new ShapeException($"Layer '{Name}': padding {_windows.Padding(clip)} holds a whole {size} window, which has nothing to pool. Pad by less than the window on each side.");
        var (frames, rows, columns) = _windows.Count(Name, clip);
        return (frames, rows, columns, input[3]);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => Pool(x, _windows.Size, _windows.Stride, _windows.Padding(ClipWindows.SizeOf(x.Shape)));

    private protected abstract Tensor Pool(Tensor x, Size3D window, Size3D stride, Padding3D padding);
}

/// <summary>The largest value of each window, per channel: x (n,D,H,W,C) → y (n,F,P,Q,C). Padded cells never win; a NaN does.</summary>
/// <param name="poolSize">Window depth, height and width; 2 when left out.</param>
/// <param name="strides">Step between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or frames, rows and columns, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class MaxPooling3D(Size3D? poolSize = null, Size3D? strides = null, Border padding = default, string? name = null)
    : Pooling3D(poolSize ?? 2, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size3D window, Size3D stride, Padding3D padding) => x.MaxPool3D(window, stride, padding);
}

/// <summary>The mean of each window, per channel: x (n,D,H,W,C) → y (n,F,P,Q,C). Padded cells are not counted.</summary>
/// <param name="poolSize">Window depth, height and width; 2 when left out.</param>
/// <param name="strides">Step between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or frames, rows and columns, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class AveragePooling3D(Size3D? poolSize = null, Size3D? strides = null, Border padding = default, string? name = null)
    : Pooling3D(poolSize ?? 2, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size3D window, Size3D stride, Padding3D padding) => x.AvgPool3D(window, stride, padding);
}

/// <summary>The mean of each channel over the clip: x (n,D,H,W,C) → y (n,C).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalAveragePooling3D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 4 ? new Shape(input[3]) : throw ClipWindows.NoClip(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Mean([1, 2, 3]);
}

/// <summary>The largest value of each channel over the clip: x (n,D,H,W,C) → y (n,C).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalMaxPooling3D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 4 ? new Shape(input[3]) : throw ClipWindows.NoClip(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Max([1, 2, 3]);
}
