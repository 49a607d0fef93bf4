using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The same elements, in the same row-major order, under another shape. A view: nothing is computed.</summary>
/// <param name="To">The shape, with as many elements.</param>
/// <exception cref="ShapeException">The element counts differ.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ReshapeOp(Shape To) : Op, ISampled
{
    public override bool IsView => true;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs[0].Count != To.Count)
            throw new ShapeException(this, inputs, $"{inputs[0].Shape} has {inputs[0].Count} elements, {To} has {To.Count}", "Choose extents with the same product.");
        return [new(inputs[0].DType, To)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0].Reshape(node.Inputs[0].Shape)];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(0, 4));
        var to = draw.Int(0, 2) switch { 0 => new Shape(x.Count), 1 => new Shape(1, x.Count), _ => new Shape([.. x.Reverse()]) };
        return new(new ReshapeOp(to), draw.Uniform(x));
    }
}
