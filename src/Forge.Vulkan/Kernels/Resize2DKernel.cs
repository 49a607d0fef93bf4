using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Resize2DOp"/> with shaders/Resize2D.comp, on processors Resize2D.lane.comp.</summary>
internal sealed class Resize2DKernel() : ResizeKernel<Resize2DOp>(gradient: false)
{
    private protected override Resize2DGeometry GeometryOf(Resize2DOp op) => op.Geometry;
}
