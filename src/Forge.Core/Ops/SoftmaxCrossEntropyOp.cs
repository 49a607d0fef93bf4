using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The cross-entropy of a softmax with given probabilities: loss = −Σᵢ tᵢ log softmax(x)ᵢ, for each row.</summary>
/// <remarks>
/// logits x f32 (…,C), targets t f32 (…,C), one-hot or any weights → loss f32 (…). A target of 0 counts for nothing, whatever its
/// logit. The gradient is softmax(x) · Σ t − t: with probabilities, p − t. Source: Keras 3 categorical_crossentropy, from_logits=True.
/// </remarks>
/// <exception cref="ShapeException">The shapes differ, or have rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SoftmaxCrossEntropyOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBeRows(this, inputs, "logits");
        if (inputs[1].MustBe(DType.F32, name: "targets") != x)
            throw new ShapeException(this, inputs, $"targets are {inputs[1].Shape}, but logits are {x.Shape}", "Make the targets one-hot over the same classes.");
        return [new(DType.F32, x.Shape.WithoutLast())];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (x, t) = (Rows.Of(inputs[0], n), Rows.Of(inputs[1], n));
            var (largest, logSum) = Rows.Normalizer(x);
            for (var i = 0; i < x.Count; i++)
                if (t[i] != 0 || double.IsNaN(logSum)) outputs[0][n] += t[i] * (largest - x[i] + logSum);
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (x, t, dy) = (node.Inputs[0], node.Inputs[1], cotangents[0]);
        return [new SoftmaxCrossEntropyGradOp().On(x, t, dy), -x.LogSoftmax() * dy.ExpandDims(-1)];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(6.0 * inputs[0].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        return new(new SoftmaxCrossEntropyOp(), draw.Uniform(shape, -4, 4), draw.Uniform(shape, 0, 1));
    }
}
