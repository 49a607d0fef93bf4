using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Lays x into a larger tensor that is otherwise filled with one value: y[start + k · step] = x[k], along every axis.</summary>
/// <param name="To">The shape of y.</param>
/// <param name="Starts">Where x's first element goes, along each axis.</param>
/// <param name="Steps">The distance between neighbours of x in y; not 0. 1 is ordinary padding, others undo a slice.</param>
/// <param name="Value">What is everywhere else.</param>
/// <remarks>x f32, i32 or u32 of any rank → y of the same rank. The VJP of a slice, as a slice is its VJP.</remarks>
/// <exception cref="ShapeException">The lists do not have x's rank, or x does not lie within y.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PadOp(Shape To, ValueList<int> Starts, ValueList<int> Steps, float Value) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBeWords("x");
        SliceOp.CheckPlaces(this, inputs, To, Starts, x.Shape, Steps);
        return [new(x.DType, To)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var to = SliceOp.Places(y.Shape, x.Shape, Starts, Steps);
        Array.Fill(y.Elements, Value);
        for (var i = 0; i < x.Elements.Length; i++) y[to.At(i)] = x[i];
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new SliceOp(Starts, [.. node.Inputs[0].Shape], Steps).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var (whole, starts, counts, steps) = SliceOp.SampleBox(draw);
        return new(new PadOp(whole, starts, steps, draw.OneOf(0, -1.5f)), draw.Uniform(new Shape(counts.Span)));
    }
}
