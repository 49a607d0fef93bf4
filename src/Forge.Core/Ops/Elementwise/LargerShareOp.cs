namespace Forge.Core.Ops;

/// <summary>What the larger of two gets of a gradient: dy where a &gt; b, half of it where they are equal, else 0; with broadcasting.</summary>
/// <remarks>The VJP of maximum for its first input; with a and b swapped, that of minimum.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LargerShareOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a > b ? c : a == b ? 0.5 * c : 0.0";

    public override int Arity => 3;

    public override double Apply(ReadOnlySpan<double> x) => x[0] > x[1] ? x[2] : x[0] == x[1] ? 0.5 * x[2] : 0;

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [null, null, On(node.Inputs[0], node.Inputs[1], cotangents[0]).SumTo(node.Inputs[2].Shape)];

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        var operands = Sampling.Apart(draw, a, b);
        return new(new LargerShareOp(), operands[0], operands[1], draw.Uniform(Shape.Broadcast(a, b)));
    }
}
