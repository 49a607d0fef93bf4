using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxGradOp"/> with shaders/SoftmaxGrad.comp, and with shaders/SoftmaxGrad.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class SoftmaxGradKernel : LaneRowKernel<SoftmaxGradOp>;
