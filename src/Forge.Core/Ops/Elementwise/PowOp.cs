namespace Forge.Core.Ops;

/// <summary>aᵇ, with broadcasting. x⁰ is 1; a negative base needs an integer exponent, else the result is NaN.</summary>
/// <remarks>At a = 0 nothing flows to an exponent that is not negative, as in PyTorch; at b = 0 nothing flows to the base.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PowOp : ElementwiseOp, ISampled
{
    public override string Glsl => "powF(a, b)";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => Math.Pow(x[0], x[1]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (a, b, y, dy) = (node.Inputs[0], node.Inputs[1], node.Outputs[0], cotangents[0]);
        var slope = b.Equal(0f).Select(0f, b * a.Pow(b - 1f));
        var growth = y.Equal(0f).Select(0f, y * a.Log());
        return [(dy * slope).SumTo(a.Shape), (dy * growth).SumTo(b.Shape)];
    }

    public override double FlopsPerElement => 2;

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        return new(new PowOp(), draw.Uniform(a, 0.3, 2), draw.Uniform(b, -2, 2));
    }
}
