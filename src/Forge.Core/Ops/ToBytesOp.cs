using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Numbers as bytes: truncated towards 0, then clamped to 0..255; a NaN gives 0.</summary>
/// <remarks>
/// x f32, i32 or u32 → y u8 of the same shape. Bytes lie four to a word, the first in the low bits: one invocation owns a
/// whole word, and the bytes after the last element are 0. Not differentiable.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ToBytesOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [new(DType.U8, inputs[0].MustBeWords("x").Shape)];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        for (var i = 0; i < x.Elements.Length; i++) y[i] = double.IsNaN(x[i]) ? 0 : Math.Clamp(Math.Truncate(x[i]), 0, 255);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 3), high: 19);
        return new(new ToBytesOp(), draw.Int(0, 2) switch
        {
            0 => draw.Uniform(shape, -50, 300),
            1 => draw.Integers(shape, DType.I32, -300, 600),
            _ => draw.Integers(shape, DType.U32, 0, 600),
        });
    }
}
