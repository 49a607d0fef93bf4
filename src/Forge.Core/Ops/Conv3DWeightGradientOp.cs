using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// What flows back to the weights of a <see cref="Conv3DOp"/>: dw[k,i,j,c,o] = Σ x[n, f·SD − front + k·DD, p·SH − top + i·DH, q·SW − left + j·DW, c] · dy[n,f,p,q,o],
/// summed over n, f, p and q.
/// </summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="Window">Depth, height and width of w: with a stride above 1 they do not follow from x and dy.</param>
/// <param name="WithBiasGradient">Also gives db[o] = Σ dy[n,f,p,q,o], which saves reading dy once more. Set by a fusion pass.</param>
/// <remarks>x (N,D,H,W,C) and dy (N,F,P,Q,O), both f32, f16 or bf16 → dw (KD,KH,KW,C/G,O) f32, and db (O) f32 if asked for.</remarks>
/// <exception cref="ShapeException">The dtypes differ, or dy is not the shape that the forward pass gives for x and Window.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Conv3DWeightGradientOp(Conv3DGeometry Geometry, Size3D Window, bool WithBiasGradient = false) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        _ = Operands.Check(this, inputs, "x", "dy", rank: 5);
        var (x, dy) = (inputs[0].Shape, inputs[1].Shape);
        var w = new Shape(Window.D, Window.H, Window.W, x[4] / Math.Max(1, Geometry.Groups), dy[4]);
        if (Geometry.Output(this, inputs, x, w) is var y && !y.Equals(dy))
            throw new ShapeException(this, inputs, $"dy is {dy}, but convolving x with a {Window} window gives {y}", "Give the cotangent of that output.");
        return WithBiasGradient ? [new(DType.F32, w), new(DType.F32, new Shape(w[4]))] : [new(DType.F32, w)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        Convolution.WeightGradient(Geometry.ForEachTap, Geometry.Groups, inputs[0], inputs[1], outputs);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (x, dy) = (node.Inputs[0], node.Inputs[1]);
        Tensor? dx = null, ddy = null;
        if (cotangents.Flows(0))
        {
            var u = cotangents[0].Cast(x.DType);
            dx = new Conv3DInputGradientOp(Geometry, (x.Shape[1], x.Shape[2], x.Shape[3])).On(dy, u).Cast(x.DType);
            ddy = new Conv3DOp(Geometry).On(x, u);
        }
        if (WithBiasGradient && cotangents.Flows(1))
        {
            var stretched = node.Graph.Full(new(DType.F32, dy.Shape), 0) + cotangents[1]; // db sums over pixels, so each pixel gets all of it
            ddy = ddy is null ? stretched : ddy + stretched;
        }
        return [dx, ddy?.Cast(dy.DType)];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Convolution.Cost(outputs[0].Shape, inputs[1].Shape, inputs, outputs);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x, w) = Conv3DGeometry.Sample(draw);
        var op = new Conv3DWeightGradientOp(geometry, (w[0], w[1], w[2]), draw.Bool());
        return Operands.Sample(draw, new(op, draw.Uniform(x), draw.Uniform(geometry.Output(op, [], x, w))));
    }
}
