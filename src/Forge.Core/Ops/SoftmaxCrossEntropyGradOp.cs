using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of softmax cross-entropy for the logits: (softmax(x)ᵢ · Σⱼ tⱼ − tᵢ) · dloss, for each row.</summary>
/// <param name="Loss">Sum or mean: also gives the losses of all rows, so combined. Set by a fusion pass.</param>
/// <remarks>logits x f32 (…,C), targets t f32 (…,C), dloss f32 (…) → dx f32 (…,C), and the loss f32 () if asked for.</remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or have rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SoftmaxCrossEntropyGradOp(Reduction? Loss = null) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var loss = new SoftmaxCrossEntropyOp().Infer(inputs)[0];
        if (inputs[2] != loss) throw new ShapeException(this, inputs, $"dloss is {inputs[2]}, but must be {loss}", "Give one number for each row.");
        if (Loss is not (null or Reduction.Sum or Reduction.Mean)) throw new ShapeException($"{Name}: losses are combined by Sum or Mean, not {Loss}.");
        return Loss is null ? [inputs[0]] : [inputs[0], new(DType.F32, Shape.Scalar)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (x, t, dx) = (Rows.Of(inputs[0], n), Rows.Of(inputs[1], n), Rows.Of(outputs[0], n));
            var (largest, logSum) = Rows.Normalizer(x);
            var sum = 0.0;
            foreach (var target in t) sum += target;
            for (var i = 0; i < x.Count; i++) dx[i] = (Math.Exp(x[i] - largest - logSum) * sum - t[i]) * inputs[2][n];
        }
        if (Loss is not { } how) return;
        ReferenceTensor[] losses = [new(inputs[2].Type)];
        new SoftmaxCrossEntropyOp().Reference([inputs[0], inputs[1]], losses);
        outputs[1][0] = losses[0].Elements.Sum() / (how == Reduction.Mean ? losses[0].Elements.Length : 1);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => ComposedVjp.Of(node, cotangents, x =>
    {
        var dx = (x[0].Softmax() * x[1].Sum([-1], keepDims: true) - x[1]) * x[2].ExpandDims(-1);
        if (Loss is not { } how) return [dx];
        var losses = new SoftmaxCrossEntropyOp().On(x[0], x[1]);
        return [dx, how == Reduction.Mean ? losses.Mean() : losses.Sum()];
    });

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 8);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        return new(new SoftmaxCrossEntropyGradOp(draw.OneOf<Reduction?>(null, Reduction.Sum, Reduction.Mean)), draw.Uniform(shape, -4, 4), draw.Uniform(shape, 0, 1), draw.Uniform(shape.WithoutLast()));
    }
}
