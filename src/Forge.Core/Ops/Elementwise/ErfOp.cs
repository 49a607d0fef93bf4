using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The error function, 2/√π ∫₀ˣ e^(−t²) dt.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ErfOp : ElementwiseOp, ISampled
{
    public override string Glsl => "erfF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => SpecialFunctions.Erf(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * (-node.Inputs[0].Square()).Exp() * (float)(2 / Math.Sqrt(Math.PI))];

    public static OpCase Sample(Draw draw) => new(new ErfOp(), Sampling.Reals(draw, -3, 3));
}
