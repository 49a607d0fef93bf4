namespace Forge.Core.Ops;

/// <summary>The smaller of a and b, with broadcasting. A NaN on either side wins. Where they are equal each gets half of the gradient, as in PyTorch.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record MinimumOp : ElementwiseOp, ISampled
{
    public override string Glsl => "minNaN(a, b)";

    public override int Arity => 2;

    public override double Apply(ReadOnlySpan<double> x) => double.IsNaN(x[0]) ? x[0] : double.IsNaN(x[1]) || x[1] < x[0] ? x[1] : x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (a, b, dy) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [new LargerShareOp().On(b, a, dy).SumTo(a.Shape), new LargerShareOp().On(a, b, dy).SumTo(b.Shape)];
    }

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        return new(new MinimumOp(), [.. Sampling.Apart(draw, a, b)]);
    }
}
