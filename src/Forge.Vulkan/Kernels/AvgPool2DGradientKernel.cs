using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AvgPool2DGradientOp"/>: an invocation gathers from every window that holds its cell.</summary>
internal sealed class AvgPool2DGradientKernel : PoolKernel<AvgPool2DGradientOp>
{
    public override KernelPlan Plan(AvgPool2DGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(variant, op.Geometry, outputs[0].Shape, inputs[0].Shape, outputs[0].Shape);
}
