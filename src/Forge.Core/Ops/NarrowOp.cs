using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>f32 numbers in 16 bits each, rounded to nearest, ties to even.</summary>
/// <param name="To">F16 or BF16.</param>
/// <remarks>
/// x f32 → y f16 or bf16 of the same shape, two to a word, the first in the low bits: one invocation owns a whole word, and the half after an odd
/// last element is 0. What an f16 cannot hold becomes an infinity; a NaN stays one. The gradient is taken as if nothing were rounded.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record NarrowOp(DType To) : Op, ISampled
{
    /// <summary>F16 or BF16.</summary>
    public DType To { get; } = To.MustBeSixteenBit();

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [new(To, inputs[0].MustBe(DType.F32, name: "x").Shape)];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var i = 0; i < inputs[0].Elements.Length; i++) outputs[0][i] = DTypes.Round(inputs[0][i], To);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0].Cast(DType.F32)];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw) => new(new NarrowOp(draw.OneOf(DType.F16, DType.BF16)), SampleOperand(draw));

    // Ordinary numbers; what is subnormal or too large as an f16; ties of both types, and what is not finite.
    internal static ReferenceTensor SampleOperand(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 3), high: 19);
        var x = draw.Int(0, 3) switch
        {
            0 => draw.Uniform(shape, -4, 4),
            1 => draw.Uniform(shape, -1e-4, 1e-4),
            2 => draw.Uniform(shape, -1e5, 1e5),
            _ => draw.Integers(shape, DType.F32, -5000, 5000),
        };
        if (draw.Int(0, 3) == 3) x[draw.Int(0, x.Elements.Length - 1)] = draw.OneOf(double.NaN, double.PositiveInfinity, double.NegativeInfinity, 65519, 65520, -0.0);
        return x;
    }
}
