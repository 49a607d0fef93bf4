using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Takes from u, in each window, the element at the cell of x that wins it: the derivative of max pooling along u.</summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="ThroughRelu">Whether a window won by x ≤ 0 gives 0; see <see cref="MaxPool2DGradientOp"/>.</param>
/// <remarks>x (N,H,W,C) f32, u (N,H,W,C) f32 → (N,P,Q,C) f32. Linear in u; its VJP there is <see cref="MaxPool2DGradientOp"/>. Nothing flows to x.</remarks>
/// <exception cref="ShapeException">u is not the shape of x, or the window does not fit it.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record MaxPool2DPickOp(Pool2DGeometry Geometry, bool ThroughRelu = false) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (x, u) = (inputs[0].MustBe(DType.F32, rank: 4, name: "x"), inputs[1].MustBe(DType.F32, rank: 4, name: "u"));
        if (!x.Shape.Equals(u.Shape)) throw new ShapeException(this, inputs, $"u is {u.Shape} but x is {x.Shape}", "Both must have the same shape.");
        return [new(DType.F32, Geometry.Output(this, inputs, x.Shape))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, u, y) = (inputs[0], inputs[1], outputs[0]);
        Geometry.ForEachWindow(x.Shape, y.Shape, (o, cells) =>
        {
            var winner = Pool2DGeometry.Winner(x, cells);
            y[o] = ThroughRelu && x[winner] <= 0 ? 0 : u[winner];
        });
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [null, new MaxPool2DGradientOp(Geometry, ThroughRelu).On(node.Inputs[0], cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, Geometry.Window.Area);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x) = Pool2DGeometry.Sample(draw);
        return new(new MaxPool2DPickOp(geometry, draw.Bool()), Pool2DGeometry.Values(draw, x), draw.Uniform(x));
    }
}
