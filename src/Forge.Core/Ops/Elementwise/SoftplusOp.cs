using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>log(1 + eˣ), without overflow.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SoftplusOp : ElementwiseOp, ISampled
{
    public override string Glsl => "softplusF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Max(x[0], 0) + SpecialFunctions.Log1P(Math.Exp(-Math.Abs(x[0])));

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * node.Inputs[0].Sigmoid()];

    public static OpCase Sample(Draw draw) => new(new SoftplusOp(), Sampling.Reals(draw, -3, 3));
}
