using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SgdUpdateOp"/> with shaders/SgdUpdate.comp.</summary>
internal sealed class SgdUpdateKernel : UpdateKernel<SgdUpdateOp>
{
    protected override IReadOnlyList<uint> Settings(SgdUpdateOp op) => [Dispatch.Bits(op.Momentum), Dispatch.Bits(op.Decay), IsKeras(op.Form), op.Nesterov ? 1u : 0u];
}
