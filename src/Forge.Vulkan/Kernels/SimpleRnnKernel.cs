using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SimpleRnnOp"/> with shaders/SimpleRnn.comp.</summary>
internal sealed class SimpleRnnKernel : RecurrentKernel<SimpleRnnOp>
{
    protected override IReadOnlyList<uint> Own(SimpleRnnOp op) => [op.Activation == ActivationKind.Relu ? 1u : 0];

    protected override int LaneUnits(SimpleRnnOp op) => 32;
}
