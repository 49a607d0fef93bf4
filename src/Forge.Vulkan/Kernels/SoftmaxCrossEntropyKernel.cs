using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxCrossEntropyOp"/> with shaders/SoftmaxCrossEntropy.comp.</summary>
internal sealed class SoftmaxCrossEntropyKernel : RowKernel<SoftmaxCrossEntropyOp>;
