using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>The specialization constant OPERANDS of shaders/include/sixteen.glsl: how the factors of a product lie in memory.</summary>
internal static class OperandConstant
{
    /// <summary>0 f32, 1 bf16, 2 f16.</summary>
    public static uint Of(DType dtype) => dtype switch
    {
        DType.F32 => 0,
        DType.BF16 => 1,
        DType.F16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "no factor of a product"),
    };
}
