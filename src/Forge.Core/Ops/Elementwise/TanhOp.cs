namespace Forge.Core.Ops;

/// <summary>tanh x, exact in its limits ±1.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record TanhOp : ElementwiseOp, ISampled
{
    public override string Glsl => "tanhF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Tanh(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new TanhGradOp().On(node.Outputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new TanhOp(), Sampling.Reals(draw, -3, 3));
}
