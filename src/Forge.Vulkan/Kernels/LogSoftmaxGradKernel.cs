using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="LogSoftmaxGradOp"/> with shaders/LogSoftmaxGrad.comp.</summary>
internal sealed class LogSoftmaxGradKernel : RowKernel<LogSoftmaxGradOp>;
