using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Tensors one after another along an axis.</summary>
/// <param name="Axis">From 0; all other extents must agree.</param>
/// <remarks>One or more inputs, f32, i32 or u32, of one dtype and rank → their extents along the axis added up.</remarks>
/// <exception cref="ShapeException">Dtypes, ranks or other extents differ.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ConcatOp(int Axis) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var first = inputs[0].MustBeWords("input 0");
        if (Axis < 0 || Axis >= first.Shape.Rank)
            throw new ShapeException(this, inputs, $"axis {Axis} does not exist in {first.Shape}", $"Use 0..{first.Shape.Rank - 1}.");
        var sum = 0;
        for (var i = 0; i < inputs.Count; i++)
        {
            inputs[i].MustBe(first.DType, first.Shape.Rank, $"input {i}");
            if (!inputs[i].Shape.With(Axis, 1).Equals(first.Shape.With(Axis, 1)))
                throw new ShapeException(this, inputs, $"input {i} is {inputs[i].Shape}, but must agree with {first.Shape} in every axis but {Axis}", "Slice, Pad or Reshape one of them.");
            sum = checked(sum + inputs[i].Shape[Axis]);
        }
        return [new(first.DType, first.Shape.With(Axis, sum))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var start = 0;
        foreach (var x in inputs)
        {
            var to = SliceOp.Places(outputs[0].Shape, x.Shape, StartsAt(start, x.Shape.Rank), Ones(x.Shape.Rank));
            for (var i = 0; i < x.Elements.Length; i++) outputs[0][to.At(i)] = x[i];
            start += x.Shape[Axis];
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (back, start) = (new Tensor?[node.Inputs.Count], 0);
        for (var i = 0; i < back.Length; i++)
        {
            var x = node.Inputs[i].Shape;
            back[i] = new SliceOp(StartsAt(start, x.Rank), [.. x], Ones(x.Rank)).On(cotangents[0]);
            start += x[Axis];
        }
        return back;
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(1, 4), high: 7);
        var axis = draw.Int(0, x.Rank - 1);
        return new(new ConcatOp(axis), [.. Enumerable.Range(0, draw.Int(1, 4)).Select(_ => draw.Uniform(x.With(axis, draw.Int(1, 7))))]);
    }

    private ValueList<int> StartsAt(int start, int rank)
    {
        var starts = new int[rank];
        starts[Axis] = start;
        return [.. starts];
    }

    private static ValueList<int> Ones(int rank) => [.. Enumerable.Repeat(1, rank)];
}
