using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxCrossEntropyGradOp"/> with shaders/SoftmaxCrossEntropyGrad.comp.</summary>
internal sealed class SoftmaxCrossEntropyGradKernel : RowKernel<SoftmaxCrossEntropyGradOp>;
