namespace Forge.Core.Ops;

/// <summary>a where the mask is not 0, else b, with broadcasting of all three.</summary>
/// <remarks>mask u32; a, b f32, i32 or u32, of one dtype → that dtype. A NaN that is not chosen does not matter.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SelectOp : ElementwiseOp, ISampled
{
    public override string Glsl => "a != 0u ? b : c";

    public override int Arity => 3;

    protected override DType Result(IReadOnlyList<TensorType> inputs)
    {
        inputs[0].MustBe(DType.U32, name: "mask");
        return inputs[2].MustBe(inputs[1].MustBeWords("a").DType, name: "b").DType;
    }

    public override double Apply(ReadOnlySpan<double> x) => x[0] != 0 ? x[1] : x[2];

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (mask, a, b, dy) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], cotangents[0]);
        return [null, mask.Select(dy, 0f).SumTo(a.Shape), mask.Select(0f, dy).SumTo(b.Shape)];
    }

    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        return new(new SelectOp(), draw.Integers(draw.Bool() ? a : b, DType.U32, 0, 1), draw.Uniform(a), draw.Uniform(b));
    }
}
