using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LogSoftmaxGradOp"/> with shaders/LogSoftmaxGrad.comp, and with shaders/LogSoftmaxGrad.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class LogSoftmaxGradKernel : LaneRowKernel<LogSoftmaxGradOp>;
