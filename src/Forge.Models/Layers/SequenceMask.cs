using System.Runtime.CompilerServices;
using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Which steps of a sequence count. A mask goes from layer to layer beside the values it belongs to, as in Keras.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class SequenceMask
{
    private static readonly ConditionalWeakTable<Tensor, Tensor> s_masks = [];

    /// <summary>The mask of a value, u32 (n, t); null where every step counts.</summary>
    public static Tensor? Mask(this Tensor x) => s_masks.TryGetValue(x, out var mask) ? mask : null;

    /// <summary>Says which steps of a sequence count. Layers that are called on it see the mask, and pass it on where their outputs are sequences of the same steps.</summary>
    /// <param name="x">The sequences, (n, t, ...).</param>
    /// <param name="mask">(n, t), u32 or f32: 0 where a step does not count.</param>
    /// <returns>The same value.</returns>
    /// <exception cref="ShapeException">The mask has other extents than the sequences begin with.</exception>
    /// <exception cref="ForgeException">The value has another mask already.</exception>
    public static Tensor WithMask(this Tensor x, Tensor mask)
    {
        if (x.Shape.Rank < 2 || !mask.Shape.Equals((x.Shape[0], x.Shape[1])))
            throw new ShapeException($"A mask {mask.Shape} does not fit sequences {x.Shape}: it needs their first two extents, (batch, steps).");
        if (mask.DType != DType.U32) mask = mask.NotEqual(0);
        if (s_masks.GetValue(x, _ => mask) != mask)
            throw new ForgeException($"{x} has another mask already. Make a copy of it first, or use one mask.");
        return x;
    }
}

/// <summary>Steps whose every feature has one value do not count: they are masked, and set to zero. x (n, t, ...) → y of that shape.</summary>
/// <param name="maskValue">The value that padding has.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Masking(float maskValue = 0, string? name = null) : ShapePreservingLayer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank >= 2
        ? input
        : throw new ShapeException($"Layer '{Name}' takes sequences (steps, features), not {input}.");

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var counts = x.NotEqual(maskValue).Cast(DType.F32).Max([.. Enumerable.Range(2, x.Shape.Rank - 2)], keepDims: true);
        return (x * counts).WithMask(counts.Reshape(x.Shape[0], x.Shape[1]).NotEqual(0));
    }
}
