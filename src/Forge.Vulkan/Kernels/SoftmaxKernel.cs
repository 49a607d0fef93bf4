using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxOp"/> with shaders/Softmax.comp.</summary>
internal sealed class SoftmaxKernel : RowKernel<SoftmaxOp>;
