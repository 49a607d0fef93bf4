using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>16-bit numbers as f32: y = x, exactly.</summary>
/// <remarks>x f16 or bf16 → y f32 of the same shape. The gradient is rounded to x's type.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record WidenOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => inputs[0].DType.IsSixteenBit()
        ? [new(DType.F32, inputs[0].Shape)]
        : throw new ShapeException(this, inputs, $"x is {inputs[0].DType.Label()}", "It widens f16 and bf16; use Cast.");

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0].Cast(node.Inputs[0].DType)];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var to = draw.OneOf(DType.F16, DType.BF16);
        return new(new WidenOp(), Sampling.Rounded(NarrowOp.SampleOperand(draw), to));
    }
}
