namespace Forge.Core.Ops;

/// <summary>1 / √x. 0 gives ∞, a negative number NaN.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RsqrtOp : ElementwiseOp, ISampled
{
    public override string Glsl => "inversesqrt(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => 1 / Math.Sqrt(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * -0.5f * node.Outputs[0] / node.Inputs[0]];

    public static OpCase Sample(Draw draw) => new(new RsqrtOp(), Sampling.Reals(draw, 0.1, 4));
}
