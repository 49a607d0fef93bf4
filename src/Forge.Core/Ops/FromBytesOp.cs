using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Bytes as numbers of a whole word: y = x.</summary>
/// <param name="To">F32, I32 or U32.</param>
/// <remarks>x u8 → y of the same shape. Bytes lie four to a word, the first in the low bits. Not differentiable.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FromBytesOp(DType To) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) =>
        [new TensorType(To, inputs[0].MustBe(DType.U8, name: "x").Shape).MustBeWords("the result")];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw) =>
        new(new FromBytesOp(draw.OneOf(DType.F32, DType.I32, DType.U32)), draw.Integers(draw.Shape(draw.Int(0, 3), high: 19), DType.U8, 0, 255));
}
