using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>xᵢ − log Σⱼ e^xⱼ along the last axis, by way of the row's maximum, so that nothing overflows.</summary>
/// <remarks>x f32 (…,C) → y f32 (…,C). A row with a NaN, with ∞, or of nothing but −∞ is NaN.</remarks>
/// <exception cref="ShapeException">x has rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LogSoftmaxOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0].MustBeRows(this, inputs)];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (x, y) = (Rows.Of(inputs[0], n), Rows.Of(outputs[0], n));
            var (largest, logSum) = Rows.Normalizer(x);
            for (var i = 0; i < x.Count; i++) y[i] = x[i] - largest - logSum;
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new LogSoftmaxGradOp().On(node.Outputs[0], cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 4);

    public static OpCase Sample(Draw draw) => new(new LogSoftmaxOp(), draw.Uniform(draw.Shape(draw.Int(1, 3), high: 19), -4, 4));
}
