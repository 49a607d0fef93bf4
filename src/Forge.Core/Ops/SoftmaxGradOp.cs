using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of softmax from its output: yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ) along the last axis.</summary>
/// <remarks>y, dy f32 (…,C) → dx f32 (…,C).</remarks>
/// <exception cref="ShapeException">The shapes differ, or have rank 0 or empty rows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SoftmaxGradOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs[1].MustBe(DType.F32, name: "dy") != inputs[0])
            throw new ShapeException(this, inputs, $"dy is {inputs[1].Shape}, but y is {inputs[0].Shape}", "Give both one shape.");
        return [inputs[0].MustBeRows(this, inputs, "y")];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var n = 0; n < Rows.Count(inputs[0]); n++)
        {
            var (y, dy, dx) = (Rows.Of(inputs[0], n), Rows.Of(inputs[1], n), Rows.Of(outputs[0], n));
            var dot = 0.0;
            for (var i = 0; i < y.Count; i++) dot += y[i] * dy[i];
            for (var i = 0; i < y.Count; i++) dx[i] = y[i] * (dy[i] - dot);
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        ComposedVjp.Of(node, cotangents, x => [x[0] * (x[1] - (x[0] * x[1]).Sum([-1], keepDims: true))]);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 4);

    public static OpCase Sample(Draw draw)
    {
        var shape = draw.Shape(draw.Int(1, 3), high: 19);
        return new(new SoftmaxGradOp(), draw.Uniform(shape, 0, 1), draw.Uniform(shape));
    }
}
