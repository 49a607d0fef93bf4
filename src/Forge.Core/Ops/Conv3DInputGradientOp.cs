using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// What flows back to the input of a <see cref="Conv3DOp"/>: dx[n,d,h,w,c] = Σ dy[n,f,p,q,o] · w[k,i,j,c,o] over all f·SD − front + k·DD = d,
/// p·SH − top + i·DH = h and q·SW − left + j·DW = w.
/// </summary>
/// <param name="Geometry">The forward pass's.</param>
/// <param name="Input">Depth, height and width of x: with a stride above 1 they do not follow from dy.</param>
/// <remarks>
/// dy (N,F,P,Q,O) and w (KD,KH,KW,C/G,O), both f32, f16 or bf16 → dx (N,D,H,W,C) f32. Elements of x that no window read get 0. Also a transposed convolution.
/// </remarks>
/// <exception cref="ShapeException">The dtypes differ, or dy is not the shape that the forward pass gives for Input and w.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Conv3DInputGradientOp(Conv3DGeometry Geometry, Size3D Input) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        _ = Operands.Check(this, inputs, "dy", "w", rank: 5);
        var (dy, w) = (inputs[0].Shape, inputs[1].Shape);
        var x = new Shape(dy[0], Input.D, Input.H, Input.W, w[3] * Geometry.Groups);
        if (Geometry.Output(this, inputs, x, w) is var y && !y.Equals(dy))
            throw new ShapeException(this, inputs, $"dy is {dy}, but convolving a {Input} input with these weights gives {y}", "Give the cotangent of that output.");
        return [new(DType.F32, x)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        Convolution.InputGradient(Geometry.ForEachTap, Geometry.Groups, inputs[0], inputs[1], outputs[0]);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (dy, w, u) = (node.Inputs[0], node.Inputs[1], cotangents[0].Cast(node.Inputs[0].DType));
        return [new Conv3DOp(Geometry).On(u, w).Cast(dy.DType), new Conv3DWeightGradientOp(Geometry, (w.Shape[0], w.Shape[1], w.Shape[2])).On(u, dy).Cast(w.DType)];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Convolution.Cost(inputs[1].Shape, inputs[0].Shape, inputs, outputs);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x, w) = Conv3DGeometry.Sample(draw);
        var op = new Conv3DInputGradientOp(geometry, (x[1], x[2], x[3]));
        return Operands.Sample(draw, new(op, draw.Uniform(geometry.Output(op, [], x, w)), draw.Uniform(w)));
    }
}
