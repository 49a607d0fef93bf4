using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of sparse softmax cross-entropy: (softmax(x)ᵢ − [i = label]) · dloss, for each row.</summary>
/// <remarks>logits x f32 (…,C), labels u32 (…), dloss f32 (…) → dx f32 (…,C). A label that is not below C gives a row of NaN.</remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or have rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SparseSoftmaxCrossEntropyGradOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var loss = new SparseSoftmaxCrossEntropyOp().Infer(inputs)[0];
        if (inputs[2] != loss) throw new ShapeException(this, inputs, $"dloss is {inputs[2]}, but must be {loss}", "Give one number for each row.");
        return [inputs[0]];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (x, dx, label) = (Rows.Of(inputs[0], n), Rows.Of(outputs[0], n), inputs[1][n]);
            var (largest, logSum) = label < x.Count ? Rows.Normalizer(x) : (double.NaN, 0);
            for (var i = 0; i < x.Count; i++) dx[i] = (Math.Exp(x[i] - largest - logSum) - (i == label ? 1 : 0)) * inputs[2][n];
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => ComposedVjp.Of(node, cotangents, x =>
        [(x[0].Softmax() - x[1].OneHot(x[0].Shape[-1])) * x[2].ExpandDims(-1)]);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 6);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        var rows = shape.WithoutLast();
        return new(new SparseSoftmaxCrossEntropyGradOp(), draw.Uniform(shape, -4, 4), draw.Integers(rows, DType.U32, 0, shape[-1] - 1), draw.Uniform(rows));
    }
}
