namespace Forge.Core.Ops;

/// <summary>The VJP of the sigmoid from its output: y · (1 − y) · dy.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SigmoidGradOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a * (1.0 - a) * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => x[0] * (1 - x[0]) * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (y, dy, g) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [g * dy * (1f - 2f * y), new SigmoidGradOp().On(y, g)];
    }

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 4));
        return new(new SigmoidGradOp(), draw.Uniform(shape, 0, 1), draw.Uniform(shape));
    }
}
