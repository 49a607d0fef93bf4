using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of softmax cross-entropy for the logits: (softmax(x)ᵢ · Σⱼ tⱼ − tᵢ) · dloss, for each row.</summary>
/// <remarks>logits x f32 (…,C), targets t f32 (…,C), dloss f32 (…) → dx f32 (…,C).</remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or have rank 0 or empty rows.</exception>
public sealed record SoftmaxCrossEntropyGradOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var loss = new SoftmaxCrossEntropyOp().Infer(inputs)[0];
        if (inputs[2] != loss) throw new ShapeException(this, inputs, $"dloss is {inputs[2]}, but must be {loss}", "Give one number for each row.");
        return [inputs[0]];
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
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => ComposedVjp.Of(node, cotangents, x =>
        [(x[0].Softmax() * x[1].Sum([-1], keepDims: true) - x[1]) * x[2].ExpandDims(-1)]);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 8);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        return new(new SoftmaxCrossEntropyGradOp(), draw.Uniform(shape, -4, 4), draw.Uniform(shape, 0, 1), draw.Uniform(shape.WithoutLast()));
    }
}
