using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxGradOp"/> with shaders/SoftmaxGrad.comp.</summary>
internal sealed class SoftmaxGradKernel : RowKernel<SoftmaxGradOp>;
