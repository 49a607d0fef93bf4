using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Adds rows into a table of zeros by index: y[r, d…] = Σ x[i…, d…] over all i with index[i…] = r.</summary>
/// <param name="Rows">The table's first extent.</param>
/// <remarks>
/// index u32 or i32 of any shape, x f32 (index.shape, D…) → y f32 (Rows, D…). Terms are added in the order of their index's place,
/// so the result is the same bits every time. An index outside 0..Rows-1 adds nothing.
/// </remarks>
/// <exception cref="ShapeException">x does not begin with the indexes' shape.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ScatterAddOp(int Rows) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (index, x) = (inputs[0].MustBeIndexes().Shape, inputs[1].MustBe(DType.F32, name: "x").Shape);
        if (x.Rank < index.Rank || !x.Extents[..index.Rank].SequenceEqual(index.Extents))
            throw new ShapeException(this, inputs, $"x is {x}, but must begin with the indexes' shape {index}", "Give one row for each index.");
        return [new(DType.F32, new Shape([Rows, .. x.Extents[index.Rank..]]))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (index, x, y) = (inputs[0], inputs[1], outputs[0]);
        var row = index.Elements.Length == 0 ? 0 : x.Elements.Length / index.Elements.Length;
        for (var i = 0; i < index.Elements.Length; i++)
            if (index[i] >= 0 && index[i] < Rows)
                for (var d = 0; d < row; d++) y[(int)index[i] * row + d] += x[i * row + d];
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null, new GatherOp().On(cotangents[0], node.Inputs[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(inputs[1].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public static OpCase Sample(Draw draw)
    {
        var (rows, index, dtype) = (draw.Int(1, 11), draw.Shape(draw.Int(0, 2)), draw.OneOf(DType.U32, DType.I32));
        return new(new ScatterAddOp(rows), draw.Integers(index, dtype, 0, rows - 1), draw.Uniform(new Shape([.. index.Extents, .. draw.Shape(draw.Int(0, 2)).Extents])));
    }
}
