namespace Forge.Core.Ops;

/// <summary>The VJP of elu from its output, whose sign is the input's: dy where y &gt; 0, else (y + alpha) · dy.</summary>
/// <param name="Alpha">The limit of elu at −∞ is −alpha; not negative.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record EluGradOp(float Alpha) : ElementwiseOp, ISampled
{
    public override string Glsl => $"a > 0.0 ? b : (a + {GlslLiteral.Of(Alpha)}) * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] > 0 ? x[1] : (x[0] + Alpha) * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (y, dy, g) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [y.Greater(0f).Select(0f, g * dy), On(y, g)];
    }

    public static OpCase Sample(Draw draw)
    {
        var y = Sampling.AwayFromZero(draw);
        return new(new EluGradOp(draw.OneOf(1f, 0.5f)), y, draw.Uniform(y.Shape));
    }
}
