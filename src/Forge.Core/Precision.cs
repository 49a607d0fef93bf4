namespace Forge.Core;

/// <summary>In which type products and convolutions multiply. Explicit: nothing but this changes it.</summary>
/// <remarks>
/// Sums, weights, optimizer state and every other op are f32 in any case. See docs/numerics.md for what 16 bits cost.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Precision
{
    private Precision(DType? operand) => Operand = operand;

    /// <summary>f32 throughout: the default.</summary>
    public static Precision Strict32 { get; } = new((DType?)null);

    /// <summary>
    /// The operands of every product and convolution, forward and in both gradients, are rounded to 16 bits; sums and results are f32.
    /// With f16 the optimizer scales the loss, because small gradients would vanish; bf16 has the range of f32 and needs none of it.
    /// </summary>
    /// <param name="operand">F16 or BF16.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another dtype.</exception>
    public static Precision Mixed16(DType operand) => operand.IsSixteenBit() ? new(operand)
        : throw new ArgumentOutOfRangeException(nameof(operand), operand, "Mixed16 multiplies in f16 or bf16.");

    /// <summary>Every precision.</summary>
    public static IReadOnlyList<Precision> All { get; } = [Strict32, Mixed16(DType.BF16), Mixed16(DType.F16)];

    /// <summary>What operands are rounded to; null where they stay f32.</summary>
    public DType? Operand { get; }

    /// <summary>Whether optimizers multiply the loss before differentiating it, and divide the gradients again.</summary>
    public bool ScalesLoss => Operand == DType.F16;

    /// <summary>Its name on command lines and in files: strict32, mixed-bf16, mixed-f16.</summary>
    public string Label => Operand is { } operand ? $"mixed-{operand.Label()}" : "strict32";

    /// <summary>The precision of that label; null where there is none.</summary>
    public static Precision? Find(string label) => All.FirstOrDefault(p => p.Label == label);

    /// <summary>The label.</summary>
    public override string ToString() => Label;
}
