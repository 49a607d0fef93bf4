namespace Forge.Core.Ops;

/// <summary>eˣ. Overflows to infinity, underflows to 0.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ExpOp : ElementwiseOp, ISampled
{
    public override string Glsl => "expF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Exp(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * node.Outputs[0]];

    public static OpCase Sample(Draw draw) => new(new ExpOp(), Sampling.Reals(draw, -3, 3));
}
