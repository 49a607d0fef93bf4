using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>1 when every element of every input is finite, else 0.</summary>
/// <remarks>f32 inputs of any shapes → u32 (). Not differentiable.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FiniteOp : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        for (var i = 0; i < inputs.Count; i++) inputs[i].MustBe(DType.F32, name: $"input {i}");
        return [new(DType.U32, Shape.Scalar)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        outputs[0][0] = inputs.All(x => x.Elements.All(double.IsFinite)) ? 1 : 0;

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => new Tensor?[node.Inputs.Count];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs);

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Uniform(draw.Shape(draw.Int(0, 3), high: 40));
        if (draw.Bool()) x[draw.Int(0, x.Elements.Length - 1)] = draw.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity);
        return new(new FiniteOp(), x, draw.Uniform(draw.Shape(1)));
    }
}
