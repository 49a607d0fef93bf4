using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>What flows back through a <see cref="Resize2DOp"/>: each pixel of x gets dy of every pixel that it is a part of, by its weight there.</summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="From">Height and width of x.</param>
/// <remarks>dy (N,P,Q,C) f32 → dx (N,H,W,C) f32. Linear; its VJP is <see cref="Resize2DOp"/>.</remarks>
/// <exception cref="ShapeException">As for the forward pass.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Resize2DGradientOp(Resize2DGeometry Geometry, Size2D From) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (n, p, q, c) = inputs[0].MustBe(DType.F32, rank: 4, name: "dy").Shape.Nhwc;
        _ = (Geometry.Axis(this, inputs, From.H, p), Geometry.Axis(this, inputs, From.W, q));
        return [new(DType.F32, new Shape(n, From.H, From.W, c))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (dy, dx) = (inputs[0], outputs[0]);
        Geometry.ForEachTap(this, dx.Shape, dy.Shape, (o, cell, weight) =>
        {
            // A pixel that takes nothing of a cell gives it nothing, not even a NaN.
            if (weight != 0) dx[cell] += weight * dy[o];
        });
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new Resize2DOp(Geometry, (node.Inputs[0].Shape[1], node.Inputs[0].Shape[2])).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, flopsPerOutput: 0) with { Flops = inputs[0].Count * (Geometry.Interpolation == Interpolation.Nearest ? 1.0 : 8) };

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x, to) = Resize2DGeometry.Sample(draw);
        return new(new Resize2DGradientOp(geometry, (x[1], x[2])), draw.Uniform(new(x[0], to.H, to.W, x[3])));
    }
}
