namespace Forge.Core.Ops;

/// <summary>min(max(x, low), high). A NaN stays one. The gradient flows where low ≤ x ≤ high.</summary>
/// <param name="Low">The least result; may be −∞.</param>
/// <param name="High">The greatest result, not below <paramref name="Low"/>; may be ∞.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClipOp(float Low, float High) : ElementwiseOp, ISampled
{
    /// <summary>The greatest result.</summary>
    public float High { get; } = High >= Low ? High : throw new ShapeException($"Clip: high {High} is below low {Low}, or one is NaN. Swap them.");

    public override string Glsl => $"clipF(a, {GlslLiteral.Of(Low)}, {GlslLiteral.Of(High)})";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] < Low ? Low : x[0] > High ? High : x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new ClipGradOp(Low, High).On(node.Inputs[0], cotangents[0])];

    // The bounds lie in the gap that AwayFromZero leaves around 0 and far outside.
    public static OpCase Sample(Draw draw) => new(draw.Bool() ? new ClipOp(0, 10) : new ClipOp(-10, 0.01f), Sampling.AwayFromZero(draw));
}
