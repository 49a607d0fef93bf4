using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AvgPool2DGradientOp"/>: an invocation gathers from every window that holds its cell.</summary>
internal sealed class AvgPool2DGradientKernel : PoolKernel<AvgPool2DGradientOp>
{
    public override IEnumerable<Variant> Variants(AvgPool2DGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PoolLanes.Variants(op.Geometry, inputs[0].Shape, limits, mostUnits: 40, PoolLanes.LeftOver(outputs[0].Shape)).Concat(base.Variants(op, inputs, outputs, limits));

    public override KernelPlan Plan(AvgPool2DGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Lane ? PoolLanes.Over(variant, outputs[0].Shape, inputs[0].Shape) : Over(variant, op.Geometry, outputs[0].Shape, inputs[0].Shape, outputs[0].Shape);
}
