using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// Convolves clips of frames with weights, channels last; the window is not flipped (cross-correlation):
/// y[n,f,p,q,o] = activation(Σ x[n, f·SD − front + k·DD, p·SH − top + i·DH, q·SW − left + j·DW, c] · w[k,i,j,c,o] + bias[o]), summed over k, i, j and c.
/// </summary>
/// <param name="Geometry">Stride, padding, dilation, groups.</param>
/// <param name="Epilogue">What happens to each sum before it is stored; set by a fusion pass.</param>
/// <remarks>
/// <para>x (N,D,H,W,C) and w (KD,KH,KW,C/G,O), both f32, f16 or bf16, bias (O) f32 if the epilogue has one → y (N,F,P,Q,O) f32, F, P and Q as
/// <see cref="Conv3DGeometry"/> says. With G groups, output channels of group g read input channels g·C/G … (g+1)·C/G − 1. Reads outside x are zeros.</para>
/// <para>Source: Keras 3 Conv3D. It, <see cref="Conv3DInputGradientOp"/> and <see cref="Conv3DWeightGradientOp"/> are each linear in both inputs and are
/// one another's VJPs, so gradients of any order need nothing more.</para>
/// </remarks>
/// <exception cref="ShapeException">The dtypes differ, channels do not fit the weights or the groups, or the window is larger than the padded input.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Conv3DOp(Conv3DGeometry Geometry, Epilogue Epilogue = default) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        _ = Operands.Check(this, inputs, "x", "w", rank: 5);
        var y = Geometry.Output(this, inputs, inputs[0].Shape, inputs[1].Shape);
        Epilogue.Check(this, inputs, without: 2, y);
        return [new(DType.F32, y)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        Convolution.Forward(Geometry.ForEachTap, Geometry.Groups, inputs[0], inputs[1], outputs[0]);
        Epilogue.Apply(outputs[0], inputs);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        if (!Epilogue.IsNone) throw Epilogue.NotDifferentiable(node);
        var (x, w, dy) = (node.Inputs[0], node.Inputs[1], cotangents[0].Cast(node.Inputs[0].DType));
        return
        [
            new Conv3DInputGradientOp(Geometry, (x.Shape[1], x.Shape[2], x.Shape[3])).On(dy, w).Cast(x.DType),
            new Conv3DWeightGradientOp(Geometry, (w.Shape[0], w.Shape[1], w.Shape[2])).On(x, dy).Cast(w.DType),
        ];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Convolution.Cost(inputs[1].Shape, outputs[0].Shape, inputs, outputs);

    public static OpCase Sample(Draw draw)
    {
        var (geometry, x, w) = Conv3DGeometry.Sample(draw);
        var op = new Conv3DOp(geometry, Epilogue.Sample(draw));
        return Operands.Sample(draw, op.Epilogue.HasBias
            ? new(op, draw.Uniform(x), draw.Uniform(w), draw.Uniform(new Shape(w[4])))
            : new(op, draw.Uniform(x), draw.Uniform(w)));
    }
}
