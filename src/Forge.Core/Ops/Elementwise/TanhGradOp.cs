namespace Forge.Core.Ops;

/// <summary>The VJP of tanh from its output: (1 − y²) · dy.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record TanhGradOp : ElementwiseOp, ISampled
{
    // Near |y| = 1 both factors are exact differences; 1 - a * a would round a * a first and lose what is left.
    public override string Glsl => "(1.0 - a) * (1.0 + a) * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => (1 - x[0] * x[0]) * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (y, dy, g) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [g * dy * y * -2f, new TanhGradOp().On(y, g)];
    }

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 4));
        return new(new TanhGradOp(), draw.Uniform(shape), draw.Uniform(shape));
    }
}
