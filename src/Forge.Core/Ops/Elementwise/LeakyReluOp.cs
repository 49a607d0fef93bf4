namespace Forge.Core.Ops;

/// <summary>x where x is positive, else slope · x. A NaN stays one.</summary>
/// <param name="Slope">The slope below 0; not negative. Keras: 0.3, PyTorch: 0.01.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LeakyReluOp(float Slope) : ElementwiseOp, ISampled
{
    /// <summary>The slope below 0.</summary>
    public float Slope { get; } = Slope >= 0 ? Slope : throw new ShapeException($"LeakyRelu: slope {Slope} is negative. Use a slope of 0 or more.");

    public override string Glsl => $"a < 0.0 ? {GlslLiteral.Of(Slope)} * a : a";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] < 0 ? Slope * x[0] : x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new LeakyReluGradOp(Slope).On(node.Outputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new LeakyReluOp(draw.OneOf(0.3f, 0.01f, 0f)), Sampling.AwayFromZero(draw));
}
