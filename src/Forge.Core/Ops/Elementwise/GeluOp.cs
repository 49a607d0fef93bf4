using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>x · Φ(x), with Φ the normal distribution function; 0 at −∞, its limit.</summary>
/// <param name="Approximate">
/// False: Φ(x) = ½ (1 + erf(x/√2)), Keras's and PyTorch's default. True: ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
/// </param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GeluOp(bool Approximate) : ElementwiseOp, ISampled
{
    public override string Glsl => Approximate ? "geluTanh(a)" : "geluErf(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] == double.NegativeInfinity ? 0 : Approximate
        ? 0.5 * x[0] * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x[0] + 0.044715 * x[0] * x[0] * x[0])))
        : 0.5 * x[0] * (1 + SpecialFunctions.Erf(x[0] / Math.Sqrt(2)));

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new GeluGradOp(Approximate).On(node.Inputs[0], cotangents[0])];

    public override double FlopsPerElement => 8;

    public static OpCase Sample(Draw draw) => new(new GeluOp(draw.Bool()), Sampling.Reals(draw, -3, 3));
}
