namespace Forge.Core.Ops;

/// <summary>1 / (1 + e⁻ˣ), without overflow.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SigmoidOp : ElementwiseOp, ISampled
{
    public override string Glsl => "sigmoidF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => 1 / (1 + Math.Exp(-x[0]));

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new SigmoidGradOp().On(node.Outputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new SigmoidOp(), Sampling.Reals(draw, -3, 3));
}
