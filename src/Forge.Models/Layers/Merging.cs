using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A layer that makes one value of several.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class MergingLayer(string? name) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => ComputeOutputShape([input]);

    /// <inheritdoc/>
    public abstract override Shape ComputeOutputShape(IReadOnlyList<Shape> inputs);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => Compute([x], training);

    /// <inheritdoc/>
    protected abstract override Tensor Compute(IReadOnlyList<Tensor> inputs, bool training);
}

/// <summary>The sum of its inputs, which have one shape or broadcast.</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Add(string? name = null) : MergingLayer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(IReadOnlyList<Shape> inputs) => inputs.Aggregate(Shape.Broadcast);

    /// <inheritdoc/>
    protected override Tensor Compute(IReadOnlyList<Tensor> inputs, bool training) => inputs.Aggregate((a, b) => a + b);
}

/// <summary>Its inputs one after another along the last axis.</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Concatenate(string? name = null) : MergingLayer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(IReadOnlyList<Shape> inputs)
    {
        var first = inputs[0];
        foreach (var other in inputs)
            if (other.Rank != first.Rank || !other.With(-1, 1).Equals(first.With(-1, 1)))
                throw new ShapeException($"Layer '{Name}': {first} and {other} differ in more than the last axis.");
        return first.With(-1, inputs.Sum(i => i[-1]));
    }

    /// <inheritdoc/>
    protected override Tensor Compute(IReadOnlyList<Tensor> inputs, bool training) => Tensor.Concat(-1, [.. inputs]);
}
