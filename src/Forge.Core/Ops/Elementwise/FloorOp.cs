namespace Forge.Core.Ops;

/// <summary>The largest integer that is not above x. Its gradient is 0 everywhere.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FloorOp : ElementwiseOp, ISampled
{
    public override string Glsl => "floor(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => Math.Floor(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public static OpCase Sample(Draw draw) => new(new FloorOp(), Sampling.BetweenIntegers(draw));
}
