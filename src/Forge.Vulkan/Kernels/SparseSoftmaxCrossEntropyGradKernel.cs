using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SparseSoftmaxCrossEntropyGradOp"/> with shaders/SparseSoftmaxCrossEntropyGrad.comp, and with shaders/SparseSoftmaxCrossEntropyGrad.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class SparseSoftmaxCrossEntropyGradKernel : LaneRowKernel<SparseSoftmaxCrossEntropyGradOp>;
