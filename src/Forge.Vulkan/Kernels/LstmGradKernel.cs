using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LstmGradOp"/> with shaders/LstmGrad.comp.</summary>
internal sealed class LstmGradKernel : RecurrentGradKernel<LstmGradOp>;
