using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The cross-entropy of a softmax with one label a row: loss = −log softmax(x)[label].</summary>
/// <remarks>
/// logits x f32 (…,C), labels u32 (…) → loss f32 (…). A label that is not below C gives a NaN loss, so that it does not pass
/// unseen. Source: Keras 3 sparse_categorical_crossentropy, from_logits=True.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or x has rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SparseSoftmaxCrossEntropyOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var rows = inputs[0].MustBeRows(this, inputs, "logits").Shape.WithoutLast();
        if (!inputs[1].MustBe(DType.U32, name: "labels").Shape.Equals(rows))
            throw new ShapeException(this, inputs, $"labels are {inputs[1].Shape}, but must be {rows}: one for each row of the logits", "Reshape the labels; one-hot targets go to SoftmaxCrossEntropy.");
        return [new(DType.F32, rows)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (x, label) = (Rows.Of(inputs[0], n), inputs[1][n]);
            var (largest, logSum) = Rows.Normalizer(x);
            outputs[0][n] = label < x.Count ? largest - x[(int)label] + logSum : double.NaN;
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new SparseSoftmaxCrossEntropyGradOp().On(node.Inputs[0], node.Inputs[1], cotangents[0]), null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(4.0 * inputs[0].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        return new(new SparseSoftmaxCrossEntropyOp(), draw.Uniform(shape, -4, 4), draw.Integers(shape.WithoutLast(), DType.U32, 0, shape[-1] - 1));
    }
}
