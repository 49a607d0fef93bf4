using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Rows of a table by index: y[i…, d…] = table[index[i…], d…].</summary>
/// <remarks>
/// table (V,D…) f32, i32 or u32; index u32 or i32 of any shape → y (index.shape, D…). An index outside 0..V-1 gives NaN in f32,
/// 0 in an integer dtype, so that it does not pass unseen and nothing is read out of bounds.
/// </remarks>
/// <exception cref="ShapeException">The table has rank 0, or the indexes are not integers.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GatherOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (table, index) = (inputs[0].MustBeWords("table"), inputs[1].MustBeIndexes());
        if (table.Shape.Rank == 0) throw new ShapeException(this, inputs, "the table has no rows", "Give it a first axis.");
        return [new(table.DType, new Shape([.. index.Shape.Extents, .. table.Shape.Extents[1..]]))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (table, index, y) = (inputs[0], inputs[1], outputs[0]);
        var row = index.Elements.Length == 0 ? 0 : y.Elements.Length / index.Elements.Length;
        for (var i = 0; i < index.Elements.Length; i++)
        {
            var to = y.Elements.AsSpan(i * row, row);
            if (index[i] >= 0 && index[i] < table.Shape[0]) table.Elements.AsSpan((int)index[i] * row, row).CopyTo(to);
            else to.Fill(table.Type.DType == DType.F32 ? double.NaN : 0);
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new ScatterAddOp(node.Inputs[0].Shape[0]).On(node.Inputs[1], cotangents[0]), null];

    // Only what is kept is read.
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => new(0, inputs[1].Bytes + 2.0 * outputs[0].Bytes);

    public static OpCase Sample(Draw draw)
    {
        var (table, dtype) = (draw.Shape(draw.Int(1, 3), high: 11), draw.OneOf(DType.U32, DType.I32));
        return new(new GatherOp(), draw.Uniform(table), draw.Integers(draw.Shape(draw.Int(0, 2)), dtype, 0, table[0] - 1));
    }
}
