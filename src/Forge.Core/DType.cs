namespace Forge.Core;

/// <summary>The type of one tensor element.</summary>
public enum DType
{
    /// <summary>IEEE 754 binary32; the only differentiable type.</summary>
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
