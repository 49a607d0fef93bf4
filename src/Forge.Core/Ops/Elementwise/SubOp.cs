namespace Forge.Core.Ops;

/// <summary>a − b, with broadcasting.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SubOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a - b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] - x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (a, b, dy) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [dy.SumTo(a.Shape), (-dy).SumTo(b.Shape)];
    }

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        return new(new SubOp(), draw.Uniform(a), draw.Uniform(b));
    }
}
