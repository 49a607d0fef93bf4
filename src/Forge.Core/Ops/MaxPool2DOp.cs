using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Takes the largest value of each window, per channel: y[n,p,q,c] = max x[n, p·SH − top + i, q·SW − left + j, c], 0 ≤ i &lt; KH, 0 ≤ j &lt; KW.</summary>
/// <param name="Geometry">Window, stride, padding.</param>
/// <remarks>
/// <para>x (N,H,W,C) f32 → y (N,P,Q,C) f32, P and Q as <see cref="Pool2DGeometry"/> says. Padded cells never win; a NaN does, whatever else is in the window.</para>
/// <para>The gradient goes to the winner, the first in row-major order among equals. Where it was isn't stored: <see cref="MaxPool2DGradientOp"/>
/// finds it again from x, which is alive anyway for the gradient of the activation that made it, so a step keeps one tensor less
/// and the activation's gradient can be had in the same pass.</para>
/// <para>Source: Keras 3 MaxPooling2D; PyTorch agrees on ties.</para>
/// </remarks>
/// <exception cref="ShapeException">The window is larger than the padded input, or padding holds a whole window.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record MaxPool2DOp(Pool2DGeometry Geometry) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) =>
        [new(DType.F32, Geometry.Output(this, inputs, inputs[0].MustBe(DType.F32, rank: 4, name: "x").Shape))];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        Geometry.ForEachWindow(x.Shape, y.Shape, (o, cells) => y[o] = x[Pool2DGeometry.Winner(x, cells)]);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new MaxPool2DGradientOp(Geometry).On(node.Inputs[0], cotangents[0])];

    // One comparison a tap.
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, Geometry.Window.Area);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x) = Pool2DGeometry.Sample(draw);
        return new(new MaxPool2DOp(geometry), Pool2DGeometry.Values(draw, x));
    }
}
