namespace Forge.Core.Ops;

/// <summary>x stretched to a shape: aligned at the last axis, extents of 1 repeat.</summary>
/// <param name="To">The shape; x must broadcast to exactly it.</param>
/// <exception cref="ShapeException">x does not stretch to the shape.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BroadcastToOp(Shape To) : ElementwiseOp, ISampled
{
    public override string Glsl => "a";

    public override int Arity => 1;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != 1) throw new ShapeException($"{Name} takes 1 input, not {inputs.Count}.");
        var x = inputs[0].MustBeWords();
        if (!Shape.Broadcast(x.Shape, To).Equals(To))
            throw new ShapeException(this, inputs, $"{x.Shape} does not stretch to {To}", "Only extents of 1 and missing leading axes stretch; Reshape first.");
        return [new(x.DType, To)];
    }

    public override double Apply(ReadOnlySpan<double> x) => x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0].SumTo(node.Inputs[0].Shape)];

    public override double FlopsPerElement => 0;

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        var full = Shape.Broadcast(a, b);
        return new(new BroadcastToOp(full), draw.Uniform(a.Equals(full) ? b : a));
    }
}
