using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Resize2DGradientOp"/> with shaders/Resize2DGradient.comp: an invocation gathers from every pixel that its own is a part of.</summary>
internal sealed class Resize2DGradientKernel() : ResizeKernel<Resize2DGradientOp>(gradient: true)
{
    private protected override Resize2DGeometry GeometryOf(Resize2DGradientOp op) => op.Geometry;
}
