using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxCrossEntropyOp"/> with shaders/SoftmaxCrossEntropy.comp, and with shaders/SoftmaxCrossEntropy.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class SoftmaxCrossEntropyKernel : LaneRowKernel<SoftmaxCrossEntropyOp>;
