using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>A reduction of what a fused chain gives: the chain's values never reach memory.</summary>
/// <param name="Chain">The elementwise ops, with one f32 result.</param>
/// <param name="Kind">How its elements are combined.</param>
/// <param name="Axes">Along which axes of the chain's shape: ascending, from 0, each once. None leaves every element on its own.</param>
/// <param name="KeepDims">Whether reduced axes stay, with extent 1; else they go.</param>
/// <remarks>
/// <para>The chain's inputs → y f32, as <see cref="ReduceOp"/> of the chain's result.</para>
/// <para>Made by <c>FuseReduction</c> after differentiation.</para>
/// </remarks>
/// <exception cref="ShapeException">As for the chain and the reduction; the chain has several results or one that is not f32.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FusedReduceOp(FusedElementwiseOp Chain, Reduction Kind, ValueList<int> Axes, bool KeepDims) : Op, ISampled
{
    private ReduceOp Reduce => new(Kind, Axes, KeepDims);

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var made = Chain.Infer(inputs);
        return made.Count == 1 ? Reduce.Infer(made) : throw new ShapeException(this, inputs, $"its chain has {made.Count} results", "Reduce one value.");
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        ReferenceTensor[] made = [new(Chain.Infer([.. inputs.Select(i => i.Type)])[0])];
        Chain.Reference(inputs, made);
        Reduce.Reference(made, outputs);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => Chain.Vjp(node, cotangents);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var made = Chain.Infer(inputs);
        return new(Chain.Cost(inputs, made).Flops + Reduce.Cost(made, outputs).Flops, Core.Cost.Streaming(inputs, outputs).Bytes);
    }

    /// <summary>For example: Sub, Square, Mean.</summary>
    public override string ToString() => $"{Chain}, {Reduce.Name}";

    // (a + b) a or max(ab, 1/4): the same chain of the magnitudes is no smaller, and so the condition of its sum.
    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        var shape = Shape.Broadcast(a, b);
        FusedStep sum = new(new AddOp(), [0, 1], DType.F32), product = new(new MulOp(), [0, 1], DType.F32);
        FusedStep[] steps = draw.Bool()
            ? [sum, new(new MulOp(), [2, 0], DType.F32)]
            : [product, new(new LiteralOp(0.25f, DType.F32), [], DType.F32), new(new MaximumOp(), [2, 3], DType.F32)];
        var kind = draw.OneOf(Reduction.Sum, Reduction.Mean, Reduction.Max, Reduction.Min, Reduction.SumSquares);
        var chain = new FusedElementwiseOp(2, [.. steps], [steps.Length - 1], shape);
        return new(new FusedReduceOp(chain, kind, Sampling.Axes(draw, shape), draw.Bool()), draw.Uniform(a, -2, 2), draw.Uniform(b, -2, 2));
    }
}
