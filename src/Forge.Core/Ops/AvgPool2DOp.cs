using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Takes the mean of each window, per channel. Padded cells are not counted: a window's divisor is the number of cells of x in it.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
/// <remarks>
/// x (N,H,W,C) f32 → y (N,P,Q,C) f32, P and Q as <see cref="Pool2DGeometry"/> says. Linear; its VJP is <see cref="AvgPool2DGradientOp"/>.
/// Source: Keras 3 AveragePooling2D (PyTorch's counts padded cells unless told otherwise).
/// </remarks>
/// <exception cref="ShapeException">The window is larger than the padded input, or padding holds a whole window.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AvgPool2DOp(Pool2DGeometry Geometry) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) =>
        [new(DType.F32, Geometry.Output(this, inputs, inputs[0].MustBe(DType.F32, rank: 4, name: "x").Shape))];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        Geometry.ForEachWindow(x.Shape, y.Shape, (o, cells) =>
        {
            foreach (var cell in cells) y[o] += x[cell];
            y[o] /= cells.Length;
        });
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new AvgPool2DGradientOp(Geometry, (node.Inputs[0].Shape[1], node.Inputs[0].Shape[2])).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, Geometry.Window.Area + 1);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x) = Pool2DGeometry.Sample(draw);
        return new(new AvgPool2DOp(geometry), draw.Uniform(x));
    }
}
