using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="GruOp"/> with shaders/Gru.comp.</summary>
internal sealed class GruKernel : RecurrentKernel<GruOp>
{
    protected override IReadOnlyList<uint> Own(GruOp op) => [op.ResetAfter ? 1u : 0];

    protected override int LaneUnits(GruOp op) => op.ResetAfter ? 8 : 0;
}
