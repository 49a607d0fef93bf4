namespace Forge.Core.Ops;

/// <summary>The VJP of leaky relu from its output, whose sign is the input's: dy where y &gt; 0, else slope · dy.</summary>
/// <param name="Slope">The slope below 0; not negative.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LeakyReluGradOp(float Slope) : ElementwiseOp, ISampled
{
    public override string Glsl => $"a > 0.0 ? b : {GlslLiteral.Of(Slope)} * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] > 0 ? x[1] : Slope * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null, On(node.Inputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw)
    {
        var y = Sampling.AwayFromZero(draw);
        return new(new LeakyReluGradOp(draw.OneOf(0.3f, 0.01f)), y, draw.Uniform(y.Shape));
    }
}
