using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>What flows back through an <see cref="AvgPool2DOp"/>: each cell of x gets dy[n,p,q,c] / (cells of x in that window) from every window it is in.</summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="Input">Height and width of x: they do not follow from dy where rows are left over.</param>
/// <remarks>dy (N,P,Q,C) f32 → dx (N,H,W,C) f32. Linear; its VJP is <see cref="AvgPool2DOp"/>.</remarks>
/// <exception cref="ShapeException">dy is not the shape that pooling gives for Input.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AvgPool2DGradientOp(Pool2DGeometry Geometry, Size2D Input) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var dy = inputs[0].MustBe(DType.F32, rank: 4, name: "dy").Shape;
        var x = new Shape(dy[0], Input.H, Input.W, dy[3]);
        if (Geometry.Output(this, inputs, x) is var y && !y.Equals(dy))
            throw new ShapeException(this, inputs, $"dy is {dy}, but pooling a {Input} input gives {y}", "Give the cotangent of that output.");
        return [new(DType.F32, x)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (dy, dx) = (inputs[0], outputs[0]);
        Geometry.ForEachWindow(dx.Shape, dy.Shape, (o, cells) =>
        {
            foreach (var cell in cells) dx[cell] += dy[o] / cells.Length;
        });
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new AvgPool2DOp(Geometry).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, flopsPerOutput: 0) with { Flops = (double)inputs[0].Count * (Geometry.Window.Area + 1) };

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x) = Pool2DGeometry.Sample(draw);
        var op = new AvgPool2DGradientOp(geometry, (x[1], x[2]));
        return new(op, draw.Uniform(geometry.Output(op, [], x)));
    }
}
