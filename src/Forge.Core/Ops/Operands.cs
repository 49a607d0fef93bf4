namespace Forge.Core.Ops;

/// <summary>What products and convolutions ask of the types of their two factors, and how their gradients pass through them.</summary>
internal static class Operands
{
    /// <summary>The common type of two factors: f32, f16 or bf16.</summary>
    /// <exception cref="ShapeException">They differ, or are integers.</exception>
    public static DType Check(Op op, IReadOnlyList<TensorType> inputs, string first, string second, int? rank = null)
    {
        var (a, b) = (inputs[0], inputs[1]);
        if (a.DType != b.DType || !a.DType.IsFloat())
            throw new ShapeException(op, inputs, $"{first} is {a} and {second} is {b}", "Both must be f32, or both f16, or both bf16. Cast one of them first.");
        if (rank is { } wanted)
        {
            _ = a.MustBe(a.DType, wanted, first);
            _ = b.MustBe(b.DType, wanted, second);
        }
        return a.DType;
    }

    /// <summary>Gives half of the cases f32 factors, the others 16-bit ones.</summary>
    public static OpCase Sample(Draw draw, OpCase drawn)
    {
        var type = draw.OneOf(DType.F32, DType.F32, DType.BF16, DType.F16);
        return drawn with { Inputs = [.. drawn.Inputs.Select((x, i) => i < 2 && type != DType.F32 ? Sampling.Rounded(x, type) : x)] };
    }
}
