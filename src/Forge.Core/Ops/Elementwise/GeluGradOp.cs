using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of gelu from its input: gelu′(x) · dy.</summary>
/// <param name="Approximate">Which form of gelu: see <see cref="GeluOp"/>.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GeluGradOp(bool Approximate) : ElementwiseOp, ISampled
{
    private const double Cubic = 0.044715;
    private static readonly double s_scale = Math.Sqrt(2 / Math.PI);

    public override string Glsl => Approximate ? "geluTanhSlope(a) * b" : "geluErfSlope(a) * b";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => Slope(x[0]) * x[1];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (x, dy, g) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [g * dy * Curvature(x), On(x, g)];
    }

    public override double FlopsPerElement => 12;

    public static OpCase Sample(Draw draw)
    {
        var x = Sampling.Reals(draw, -3, 3);
        return new(new GeluGradOp(draw.Bool()), x, draw.Uniform(x.Shape));
    }

    private double Slope(double x)
    {
        if (double.IsInfinity(x)) return x > 0 ? 1 : 0;
        if (!Approximate) return 0.5 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        var t = Math.Tanh(s_scale * (x + Cubic * x * x * x));
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * s_scale * (1 + 3 * Cubic * x * x);
    }

    // gelu″: φ(x) (2 − x²) exactly; by the chain rule through tanh otherwise.
    private Tensor Curvature(Tensor x)
    {
        var xx = x.Square();
        if (!Approximate) return (xx * -0.5f).Exp() * (2f - xx) * (float)(1 / Math.Sqrt(2 * Math.PI));
        var t = (x * (1f + xx * (float)Cubic) * (float)s_scale).Tanh();
        var (dt, u1, u2) = (1f - t.Square(), (1f + xx * (float)(3 * Cubic)) * (float)s_scale, x * (float)(6 * Cubic * s_scale));
        return dt * u1 + x * 0.5f * dt * (u2 - t * u1.Square() * 2f);
    }
}
