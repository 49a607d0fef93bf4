namespace Forge.Core.Ops;

/// <summary>The VJP of x · s with s = sigmoid(x): (s + x · s · (1 − s)) · dy.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SiluGradOp : ElementwiseOp, ISampled
{
    public override string Glsl => "siluSlope(a) * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => Slope(x[0]) * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (x, dy, g) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        var s = x.Sigmoid();
        return [g * dy * s * (1f - s) * (2f + x * (1f - 2f * s)), new SiluGradOp().On(x, g)];
    }

    private static double Slope(double x)
    {
        if (double.IsInfinity(x)) return x > 0 ? 1 : 0;
        var s = 1 / (1 + Math.Exp(-x));
        return s + x * s * (1 - s);
    }

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 4));
        return new(new SiluGradOp(), draw.Uniform(shape, -3, 3), draw.Uniform(shape));
    }
}
