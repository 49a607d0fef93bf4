using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>What flows back through a <see cref="MaxPool2DOp"/>: each dy[n,p,q,c] is added to dx at the cell of x that won its window.</summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="ThroughRelu">Whether dx is 0 where x ≤ 0: when x is the output of a ReLU, the gradient with respect to that ReLU's input. Set by a fusion pass.</param>
/// <remarks>
/// x (N,H,W,C) f32, dy (N,P,Q,C) f32 → dx (N,H,W,C) f32; 0 at cells that won nothing. Linear in dy; its VJP there is <see cref="MaxPool2DPickOp"/>.
/// Constant in x but at ties, so nothing flows to x.
/// </remarks>
/// <exception cref="ShapeException">dy is not the shape of the pooled x.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record MaxPool2DGradientOp(Pool2DGeometry Geometry, bool ThroughRelu = false) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var (x, dy) = (inputs[0].MustBe(DType.F32, rank: 4, name: "x"), inputs[1].MustBe(DType.F32, rank: 4, name: "dy"));
        if (Geometry.Output(this, inputs, x.Shape) is var y && !y.Equals(dy.Shape))
            throw new ShapeException(this, inputs, $"dy is {dy.Shape}, but pooling x gives {y}", "Give the cotangent of that output.");
        return [x];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, dy, dx) = (inputs[0], inputs[1], outputs[0]);
        Geometry.ForEachWindow(x.Shape, dy.Shape, (o, cells) =>
        {
            var winner = Pool2DGeometry.Winner(x, cells);
            if (!ThroughRelu || !(x[winner] <= 0)) dx[winner] += dy[o];
        });
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [null, new MaxPool2DPickOp(Geometry, ThroughRelu).On(node.Inputs[0], cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, flopsPerOutput: 0) with { Flops = (double)inputs[1].Count * (Geometry.Window.Area + 1) };

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x) = Pool2DGeometry.Sample(draw);
        var op = new MaxPool2DGradientOp(geometry, draw.Bool());
        return new(op, Pool2DGeometry.Values(draw, x), draw.Uniform(geometry.Output(op, [], x)));
    }
}
