using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LogSoftmaxOp"/> with shaders/LogSoftmax.comp.</summary>
internal sealed class LogSoftmaxKernel : RowKernel<LogSoftmaxOp>;
