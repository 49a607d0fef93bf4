namespace Forge.Core;

/// <summary>The type of one tensor element.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum DType
{
    /// <summary>IEEE 754 binary32: what every op computes in.</summary>
    F32,
    /// <summary>Two's complement 32-bit integer.</summary>
    I32,
    /// <summary>Unsigned 32-bit integer; also the type of masks (0 or 1) and random bits.</summary>
    U32,
    /// <summary>Unsigned 8-bit integer, stored four to a word; images arrive as these and are cast on the device.</summary>
    U8,
    /// <summary>IEEE 754 binary16, stored two to a word.</summary>
    F16,
    /// <summary>The upper half of a binary32, stored two to a word.</summary>
    BF16,
}

/// <summary>Facts about element types.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this DType dtype) => dtype switch
    {
        DType.F32 or DType.I32 or DType.U32 => 4,
        DType.F16 or DType.BF16 => 2,
        DType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a dtype"),
    };

    /// <summary>Whether gradients flow through values of this type.</summary>
    public static bool IsFloat(this DType dtype) => dtype is DType.F32 or DType.F16 or DType.BF16;

    /// <summary>Whether this is f16 or bf16: what products may multiply besides f32.</summary>
    public static bool IsSixteenBit(this DType dtype) => dtype is DType.F16 or DType.BF16;

    /// <summary>The value that an element of the type holds, ties to even. In a 16-bit type it is first rounded to f32, as kernels have it.</summary>
    internal static double Round(double value, DType dtype) => dtype switch
    {
        DType.F32 => (float)value,
        DType.F16 => (double)(Half)(float)value,
        DType.BF16 => BitConverter.UInt32BitsToSingle((uint)BFloat16Bits(value) << 16),
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "rounds to f32, f16 or bf16"),
    };

    /// <summary>The nearest bfloat16's bits, ties to even; a NaN stays one.</summary>
    internal static ushort BFloat16Bits(double value)
    {
        var bits = BitConverter.SingleToUInt32Bits((float)value);
        return double.IsNaN(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>This dtype, if it is f16 or bf16.</summary>
    internal static DType MustBeSixteenBit(this DType dtype) => dtype.IsSixteenBit() ? dtype
        : throw new ShapeException($"{dtype.Label()} is not a 16-bit float. Use f16 or bf16.");

    /// <summary>The name used in messages and files: f32, i32, u32, u8, f16, bf16.</summary>
    public static string Label(this DType dtype) => dtype switch
    {
        DType.F32 => "f32",
        DType.I32 => "i32",
        DType.U32 => "u32",
        DType.U8 => "u8",
        DType.F16 => "f16",
        DType.BF16 => "bf16",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a dtype"),
    };
}
