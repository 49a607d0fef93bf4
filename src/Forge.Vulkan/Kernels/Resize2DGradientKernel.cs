using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Resize2DGradientOp"/> with shaders/Resize2DGradient.comp: an invocation gathers from every pixel that its own is a part of.</summary>
internal sealed class Resize2DGradientKernel : ResizeKernel<Resize2DGradientOp>
{
    public override KernelPlan Plan(Resize2DGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(op, variant, outputs[0].Shape, inputs[0].Shape, outputs[0]);

    private protected override Resize2DGeometry GeometryOf(Resize2DGradientOp op) => op.Geometry;
}
