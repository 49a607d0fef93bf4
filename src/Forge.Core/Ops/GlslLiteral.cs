namespace Forge.Core.Ops;

/// <summary>Writes numbers as GLSL reads them.</summary>
internal static class GlslLiteral
{
    /// <summary>An expression with exactly this value, whatever the compiler's parser rounds.</summary>
    public static string Of(float value) => $"uintBitsToFloat(0x{BitConverter.SingleToUInt32Bits(value):x8}u)";
}
