namespace Forge.Core.Ops;

/// <summary>x rounded to what 16 bits can hold, ties to even, and kept as f32.</summary>
/// <param name="To">F16 (11 significant bits, at most 65504, else an infinity) or BF16 (8 significant bits, the range of f32).</param>
/// <remarks>
/// f32 → f32. The values that <see cref="NarrowOp"/> stores, for kernels that read f32. A NaN stays one. Has no VJP: a pass puts it into
/// graphs that are differentiated already.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RoundToOp(DType To) : ElementwiseOp, ISampled
{
    /// <summary>F16 or BF16.</summary>
    public DType To { get; } = To.MustBeSixteenBit();

    public override string Glsl => To == DType.F16 ? "fromHalf(toHalf(a))" : "fromBfloat(toBfloat(a))";

    public override int Arity => 1;

    public override double Apply(ReadOnlySpan<double> x) => DTypes.Round(x[0], To);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        throw new GraphException($"{node} has no gradient. Differentiate before operands are rounded, or Cast to 16 bits and back.");

    public static OpCase Sample(Draw draw) => new(new RoundToOp(draw.OneOf(DType.F16, DType.BF16)), NarrowOp.SampleOperand(draw));
}
