using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Reduces each window of each channel of a sequence to one value.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class Pooling1D : Layer
{
    private readonly SequenceWindows _windows;

    private protected Pooling1D(int poolSize, int? strides, Border padding, string? name) : base(name) =>
        _windows = new(poolSize, strides ?? poolSize, 1, padding);

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 2) throw SequenceWindows.NoSequence(Name, input);
        var count = _windows.Count(Name, input[0]);
        var pad = _windows.Padding(input[0]);
        return Math.Max(pad.Left, pad.Right) < _windows.Size
            ? (count, input[1])
            : throw new ShapeException($"Layer '{Name}': padding {pad.Left},{pad.Right} holds a whole window of {_windows.Size}, which has nothing to pool. Pad by less than the window on each side.");
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) =>
        SequenceWindows.AsSequences(Pool(SequenceWindows.AsImages(x), (1, _windows.Size), (1, _windows.Stride), _windows.Padding(x.Shape[1])));

    private protected abstract Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding);
}

/// <summary>The largest value of each window, per channel: x (n,steps,C) → y (n,P,C). Padded steps never win; a NaN does.</summary>
/// <param name="poolSize">Steps of a window.</param>
/// <param name="strides">Steps between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or steps on each side, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class MaxPooling1D(int poolSize = 2, int? strides = null, Border padding = default, string? name = null) : Pooling1D(poolSize, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding) => x.MaxPool2D(window, stride, padding);
}

/// <summary>The mean of each window, per channel: x (n,steps,C) → y (n,P,C). Padded steps are not counted.</summary>
/// <param name="poolSize">Steps of a window.</param>
/// <param name="strides">Steps between windows; the window's size when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or steps on each side, fewer than the window's.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class AveragePooling1D(int poolSize = 2, int? strides = null, Border padding = default, string? name = null) : Pooling1D(poolSize, strides, padding, name)
{
    private protected override Tensor Pool(Tensor x, Size2D window, Size2D stride, Padding2D padding) => x.AvgPool2D(window, stride, padding);
}

/// <summary>The mean of each channel over the sequence: x (n,steps,C) → y (n,C).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalAveragePooling1D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 2 ? new Shape(input[1]) : throw SequenceWindows.NoSequence(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Mean([1]);
}

/// <summary>The largest value of each channel over the sequence: x (n,steps,C) → y (n,C).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlobalMaxPooling1D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 2 ? new Shape(input[1]) : throw SequenceWindows.NoSequence(Name, input);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Max([1]);
}
