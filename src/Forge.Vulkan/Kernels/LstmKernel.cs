using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LstmOp"/> with shaders/Lstm.comp.</summary>
internal sealed class LstmKernel : RecurrentKernel<LstmOp>;
