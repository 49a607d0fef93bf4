using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>All axes but the batch as one, in their order (height, width, channels): x (n, ...) → y (n, features).</summary>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Flatten(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => new(input.Count);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Reshape((x.Shape[0], x.Shape.Count / Math.Max(1, x.Shape[0])));
}

/// <summary>The same elements under another shape.</summary>
/// <param name="target">The shape without the batch axis; as many elements as the input.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Reshape(Shape target, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Count == target.Count
        ? target
        : throw new ShapeException($"Layer '{Name}': {input} has {input.Count} elements; {target} has {target.Count}.");

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Reshape(new Shape([x.Shape[0], .. target.Extents]));
}
