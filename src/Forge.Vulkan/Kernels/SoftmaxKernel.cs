using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxOp"/> with shaders/Softmax.comp, and with shaders/Softmax.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class SoftmaxKernel : LaneRowKernel<SoftmaxOp>;
