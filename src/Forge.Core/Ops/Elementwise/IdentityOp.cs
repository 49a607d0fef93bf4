namespace Forge.Core.Ops;

/// <summary>y = a: a copy, for where a value must outlive the place it lies in.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record IdentityOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a";

    public override int Arity => 1;

    public override double FlopsPerElement => 0;

    protected override DType Result(IReadOnlyList<TensorType> inputs) => inputs[0].MustBeWords().DType;

    public override double Apply(ReadOnlySpan<double> x) => x[0];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0]];

    public static OpCase Sample(Draw draw) => new(new IdentityOp(), Sampling.Reals(draw, -1, 1));
}
