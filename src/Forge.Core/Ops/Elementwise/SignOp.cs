namespace Forge.Core.Ops;

/// <summary>−1, 0 or 1; a NaN stays one. Its gradient is 0 everywhere.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SignOp : ElementwiseOp, ISampled
{
    public override string Glsl => "signF(a)";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => double.IsNaN(x[0]) ? x[0] : Math.Sign(x[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public static OpCase Sample(Draw draw) => new(new SignOp(), Sampling.AwayFromZero(draw));
}
