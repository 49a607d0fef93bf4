using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SparseSoftmaxCrossEntropyGradOp"/> with shaders/SparseSoftmaxCrossEntropyGrad.comp.</summary>
internal sealed class SparseSoftmaxCrossEntropyGradKernel : RowKernel<SparseSoftmaxCrossEntropyGradOp>;
