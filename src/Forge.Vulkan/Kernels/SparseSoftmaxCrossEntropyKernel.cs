using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SparseSoftmaxCrossEntropyOp"/> with shaders/SparseSoftmaxCrossEntropy.comp.</summary>
internal sealed class SparseSoftmaxCrossEntropyKernel : RowKernel<SparseSoftmaxCrossEntropyOp>;
