using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Where the largest element along some axes is: its index, counted row-major over those axes in ascending order.</summary>
/// <param name="Axes">Along which axes: ascending, from 0, each once. They go from the shape. None leaves every element on its own, at index 0.</param>
/// <remarks>
/// x f32 → y u32. Of x (2, 3, 4) over axes 0 and 2, y[j] = 4 i + k where x[i, j, k] is the largest of x[:, j, :]. Ties go to the first in that
/// order; the first NaN wins. Not differentiable.
/// </remarks>
/// <exception cref="ShapeException">An axis does not exist, is named twice or is empty.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ArgMaxOp(ValueList<int> Axes) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBe(DType.F32, name: "x").Shape;
        ReduceOp.CheckAxes(this, inputs, Axes);
        foreach (var axis in Axes)
            if (x[axis] == 0) throw new ShapeException(this, inputs, $"axis {axis} of {x} is empty: there is nothing to choose from", "Choose axes that have elements.");
        return [new(DType.U32, ReduceOp.Reduced(x, Axes, keepDims: false))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var into = new BroadcastIndex(ReduceOp.Kept(x.Shape, Axes), x.Shape);
        // The same with the other axes at 1: counts row-major over those that are reduced.
        var along = new BroadcastIndex(new([.. x.Shape.Select((extent, axis) => Axes.Contains(axis) ? extent : 1)]), x.Shape);
        var best = new double[y.Elements.Length];
        for (var i = 0; i < x.Elements.Length; i++)
        {
            var (to, at) = (into.At(i), along.At(i));
            if (at != 0 && (double.IsNaN(best[to]) || x[i] <= best[to])) continue;
            (best[to], y[to]) = (x[i], at);
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(inputs[0].Count, inputs[0].Bytes + outputs[0].Bytes);

    // Small integers, so that ties are met often.
    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(1, 5), high: draw.Bool() ? 11 : 5);
        var values = draw.Integers(x, DType.F32, -4, 4);
        if (draw.Int(0, 3) == 3) values[draw.Int(0, x.Count - 1)] = double.NaN;
        return new(new ArgMaxOp(draw.Bool() ? [draw.Int(0, x.Rank - 1)] : Sampling.Axes(draw, x)), values);
    }
}
