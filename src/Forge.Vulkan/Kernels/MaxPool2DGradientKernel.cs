using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MaxPool2DGradientOp"/>: an invocation asks every window that holds its cell whether the cell won.</summary>
internal sealed class MaxPool2DGradientKernel : PoolKernel<MaxPool2DGradientOp>
{
    public override IEnumerable<Variant> Variants(MaxPool2DGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PoolLanes.Variants(op.Geometry, inputs[1].Shape, limits, mostUnits: 20, [.. PoolLanes.LeftOver(inputs[0].Shape), op.ThroughRelu ? 1u : 0]).Concat(base.Variants(op, inputs, outputs, limits));

    public override KernelPlan Plan(MaxPool2DGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Lane ? PoolLanes.Over(variant, inputs[0].Shape, inputs[1].Shape) : Over(variant, op.Geometry, inputs[0].Shape, inputs[1].Shape, outputs[0].Shape, op.ThroughRelu ? 1u : 0);
}
