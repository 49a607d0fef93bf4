using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Images at another height and width, each channel on its own.</summary>
/// <param name="Geometry">Where pixels lie and how they are made.</param>
/// <param name="To">Height and width of the result.</param>
/// <remarks>
/// x (N,H,W,C) f32 → y (N,P,Q,C) f32. Places before the first pixel or after the last are moved to it. Where an image shrinks nothing is averaged beyond the two rows and
/// columns beside a place, as in PyTorch without antialiasing. Linear; its VJP is <see cref="Resize2DGradientOp"/>.
/// Source: Keras 3 UpSampling2D, PyTorch interpolate.
/// </remarks>
/// <exception cref="ShapeException">The images have no rows or columns, sizes are too large, or corners are to be aligned without interpolation.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Resize2DOp(Resize2DGeometry Geometry, Size2D To) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (n, h, w, c) = inputs[0].MustBe(DType.F32, rank: 4, name: "x").Shape.Nhwc;
        _ = (Geometry.Axis(this, inputs, h, To.H), Geometry.Axis(this, inputs, w, To.W));
        return [new(DType.F32, new Shape(n, To.H, To.W, c))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        Geometry.ForEachTap(this, x.Shape, y.Shape, (o, cell, weight) => y[o] += weight * x[cell]);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new Resize2DGradientOp(Geometry, (node.Inputs[0].Shape[1], node.Inputs[0].Shape[2])).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, Geometry.Interpolation == Interpolation.Nearest ? 0 : 8);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x, to) = Resize2DGeometry.Sample(draw);
        return new(new Resize2DOp(geometry, to), draw.Uniform(x));
    }
}
