using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>An epilogue as the specialization constants HAS_BIAS, ACTIVATION, SLOPE of shaders/include/epilogue.glsl.</summary>
internal static class EpilogueConstants
{
    /// <summary>The three constants, in order.</summary>
    public static uint[] Of(Epilogue epilogue) => [epilogue.HasBias ? 1u : 0, (uint)epilogue.Activation, BitConverter.SingleToUInt32Bits(epilogue.Slope)];
}
