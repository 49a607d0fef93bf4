using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AdamUpdateOp"/> with shaders/AdamUpdate.comp.</summary>
internal sealed class AdamUpdateKernel : UpdateKernel<AdamUpdateOp>
{
    protected override IReadOnlyList<uint> Settings(AdamUpdateOp op) =>
        [Dispatch.Bits(1 - op.Beta1), Dispatch.Bits(1 - op.Beta2), Dispatch.Bits(op.Epsilon), Dispatch.Bits(op.Decay), IsKeras(op.Form)];
}
