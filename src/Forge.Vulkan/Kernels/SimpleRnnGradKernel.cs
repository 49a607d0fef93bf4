using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SimpleRnnGradOp"/> with shaders/SimpleRnnGrad.comp.</summary>
internal sealed class SimpleRnnGradKernel : RecurrentGradKernel<SimpleRnnGradOp>
{
    protected override IReadOnlyList<uint> Own(SimpleRnnGradOp op) => [op.Activation == ActivationKind.Relu ? 1u : 0];
}
