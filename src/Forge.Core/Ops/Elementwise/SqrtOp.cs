namespace Forge.Core.Ops;

/// <summary>√x. A negative number gives NaN; the gradient at 0 is infinite.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SqrtOp : ElementwiseOp, ISampled
{
    public override string Glsl => "sqrt(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Sqrt(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * 0.5f / node.Outputs[0]];

    public static OpCase Sample(Draw draw) => new(new SqrtOp(), Sampling.Reals(draw, 0.1, 4));
}
