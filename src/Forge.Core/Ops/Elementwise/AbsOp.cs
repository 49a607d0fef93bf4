namespace Forge.Core.Ops;

/// <summary>|x|. The gradient at 0 is 0.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AbsOp : ElementwiseOp, ISampled
{
    public override string Glsl => "abs(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Abs(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * node.Inputs[0].Sign()];

    public static OpCase Sample(Draw draw) => new(new AbsOp(), Sampling.AwayFromZero(draw));
}
