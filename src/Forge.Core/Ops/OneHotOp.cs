using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>1 at each index, 0 elsewhere: y[…,c] = 1 where c = index[…].</summary>
/// <param name="Classes">The extent of the new last axis; at least 1.</param>
/// <remarks>index u32 or i32 of any shape → y f32 (…,Classes). An index outside 0..Classes-1 gives a row of zeros. Not differentiable.</remarks>
/// <exception cref="ShapeException">The indexes are not integers, or there is no class.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record OneHotOp(int Classes) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (Classes < 1) throw new ShapeException(this, inputs, $"{Classes} classes", "Give 1 or more.");
        return [new(DType.F32, new Shape([.. inputs[0].MustBeIndexes().Shape.Extents, Classes]))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var i = 0; i < inputs[0].Elements.Length; i++)
            if (inputs[0][i] >= 0 && inputs[0][i] < Classes) outputs[0][i * Classes + (int)inputs[0][i]] = 1;
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var (classes, dtype) = (draw.Int(1, 19), draw.OneOf(DType.U32, DType.I32));
        return new(new OneHotOp(classes), draw.Integers(draw.Shape(draw.Int(0, 2)), dtype, dtype == DType.I32 ? -1 : 0, classes));
    }
}
