namespace Forge.Core.Ops;

/// <summary>a + b, with broadcasting.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AddOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a + b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] + x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [cotangents[0].SumTo(node.Inputs[0].Shape), cotangents[0].SumTo(node.Inputs[1].Shape)];

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        return new(new AddOp(), draw.Uniform(a), draw.Uniform(b));
    }
}
