namespace Forge.Core.Ops;

/// <summary>The natural logarithm. 0 gives −∞, a negative number NaN.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LogOp : ElementwiseOp, ISampled
{
    public override string Glsl => "logF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Log(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] / node.Inputs[0]];

    public static OpCase Sample(Draw draw) => new(new LogOp(), Sampling.Reals(draw, 0.1, 4));
}
