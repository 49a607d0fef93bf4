using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The index of the largest element along an axis.</summary>
/// <param name="Axis">From 0. It goes from the shape.</param>
/// <remarks>x f32 of rank 1 or more → u32. Ties go to the first; the first NaN wins. Not differentiable.</remarks>
/// <exception cref="ShapeException">The axis does not exist or is empty.</exception>
public sealed record ArgMaxOp(int Axis) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBe(DType.F32, name: "x").Shape;
        if (Axis < 0 || Axis >= x.Rank || x[Axis] == 0)
            throw new ShapeException(this, inputs, $"axis {Axis} of {x} does not exist or is empty", "Choose an axis that has elements.");
        return [new(DType.U32, ReduceOp.Reduced(x, [Axis], keepDims: false))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var (extent, step) = (x.Shape[Axis], x.Shape.Strides()[Axis]);
        for (var i = 0; i < y.Elements.Length; i++)
        {
            var first = i / step * extent * step + i % step;
            var won = 0;
            for (var k = 1; k < extent; k++)
                if (!double.IsNaN(x[first + won * step]) && !(x[first + k * step] <= x[first + won * step])) won = k;
            y[i] = won;
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(inputs[0].Count, inputs[0].Bytes + outputs[0].Bytes);

    // Small integers, so that ties are met often.
    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(1, 4), high: 11);
        var values = draw.Integers(x, DType.F32, -4, 4);
        if (draw.Int(0, 3) == 3) values[draw.Int(0, x.Count - 1)] = double.NaN;
        return new(new ArgMaxOp(draw.Int(0, x.Rank - 1)), values);
    }
}
