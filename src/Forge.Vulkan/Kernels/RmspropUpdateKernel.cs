using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="RmspropUpdateOp"/> with shaders/RmspropUpdate.comp.</summary>
internal sealed class RmspropUpdateKernel : UpdateKernel<RmspropUpdateOp>
{
    protected override IReadOnlyList<uint> Settings(RmspropUpdateOp op) =>
        [Dispatch.Bits(op.Rho), Dispatch.Bits(1 - op.Rho), Dispatch.Bits(op.Momentum), Dispatch.Bits(op.Epsilon), Dispatch.Bits(op.Decay), IsKeras(op.Form)];

    protected override IReadOnlyList<(string Name, string Value)> Forms(RmspropUpdateOp op) =>
        [("CENTERED", op.Centered ? "1" : "0"), ("MOMENTUM", op.Momentum != 0 ? "1" : "0")];
}
