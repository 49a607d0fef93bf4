using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LogSoftmaxOp"/> with shaders/LogSoftmax.comp, and with shaders/LogSoftmax.lane.comp where a processor's subgroup can hold a row.</summary>
internal sealed class LogSoftmaxKernel : LaneRowKernel<LogSoftmaxOp>;
