namespace Forge.Core.Ops;

/// <summary>The VJP of relu from its output: dy where y &gt; 0, else 0.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ReluGradOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a > 0.0 ? b : 0.0";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] > 0 ? x[1] : 0;

    // Piecewise constant in y.
    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [null, new ReluGradOp().On(node.Inputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw)
    {
        var y = Sampling.AwayFromZero(draw);
        return new(new ReluGradOp(), y, draw.Uniform(y.Shape));
    }
}
