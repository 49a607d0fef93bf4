using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SparseSoftmaxCrossEntropyOp"/> with shaders/SparseSoftmaxCrossEntropy.comp, and with shaders/SparseSoftmaxCrossEntropy.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class SparseSoftmaxCrossEntropyKernel : LaneRowKernel<SparseSoftmaxCrossEntropyOp>;
