namespace Forge.Core.Ops;

/// <summary>max(x, 0). A NaN stays one; the gradient at 0 is 0.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ReluOp : ElementwiseOp, ISampled
{
    public override string Glsl => "reluF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => x[0] < 0 ? 0 : x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new ReluGradOp().On(node.Outputs[0], cotangents[0])];

    public static OpCase Sample(Draw draw) => new(new ReluOp(), Sampling.AwayFromZero(draw));
}
