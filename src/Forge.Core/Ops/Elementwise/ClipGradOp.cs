namespace Forge.Core.Ops;

/// <summary>The VJP of clip: dy where low ≤ x ≤ high, else 0.</summary>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClipGradOp(float Low, float High) : ElementwiseOp, ISampled
{
    public override string Glsl => $"a >= {GlslLiteral.Of(Low)} && a <= {GlslLiteral.Of(High)} ? b : 0.0";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] >= Low && x[0] <= High ? x[1] : 0;

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null, On(node.Inputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw)
    {
        var x = Sampling.AwayFromZero(draw);
        return new(new ClipGradOp(0, 10), x, draw.Uniform(x.Shape));
    }
}
