namespace Forge.Core.Ops;

/// <summary>x · sigmoid(x), also called swish; 0 at −∞, its limit.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SiluOp : ElementwiseOp, ISampled
{
    public override string Glsl => "siluF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] == double.NegativeInfinity ? 0 : x[0] / (1 + Math.Exp(-x[0]));

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new SiluGradOp().On(node.Inputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new SiluOp(), Sampling.Reals(draw, -3, 3));
}
