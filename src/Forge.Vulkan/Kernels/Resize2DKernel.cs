using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Resize2DOp"/> with shaders/Resize2D.comp.</summary>
internal sealed class Resize2DKernel : ResizeKernel<Resize2DOp>
{
    public override KernelPlan Plan(Resize2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(op, variant, inputs[0].Shape, outputs[0].Shape, outputs[0]);

    private protected override Resize2DGeometry GeometryOf(Resize2DOp op) => op.Geometry;
}
