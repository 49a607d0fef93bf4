namespace Forge.Core.Ops;

/// <summary>−x.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record NegOp : ElementwiseOp, ISampled
{
    public override string Glsl => "-a";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => -x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [-cotangents[0]];

    public static OpCase Sample(Draw draw) => new(new NegOp(), Sampling.Reals(draw, -3, 3));
}
