using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>x where x is positive, else alpha · (eˣ − 1). A NaN stays one.</summary>
/// <param name="Alpha">The limit at −∞ is −alpha; not negative.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record EluOp(float Alpha) : ElementwiseOp, ISampled
{
    /// <summary>The limit at −∞ is −alpha.</summary>
    public float Alpha { get; } = Alpha >= 0 ? Alpha : throw new ShapeException($"Elu: alpha {Alpha} is negative. Use an alpha of 0 or more.");

    public override string Glsl => $"a < 0.0 ? {GlslLiteral.Of(Alpha)} * expm1F(a) : a";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] < 0 ? Alpha * SpecialFunctions.ExpM1(x[0]) : x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new EluGradOp(Alpha).On(node.Outputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new EluOp(draw.OneOf(1f, 0.5f)), Sampling.AwayFromZero(draw));
}
