using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="GruGradOp"/> with shaders/GruGrad.comp.</summary>
internal sealed class GruGradKernel : RecurrentGradKernel<GruGradOp>
{
    protected override IReadOnlyList<uint> Own(GruGradOp op) => [op.ResetAfter ? 1u : 0];

    protected override bool IsDirect(GruGradOp op) => true;

    protected override bool HasLane(GruGradOp op) => op.ResetAfter;
}
