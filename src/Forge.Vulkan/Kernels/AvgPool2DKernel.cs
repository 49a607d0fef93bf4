using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AvgPool2DOp"/>: an invocation sums the window of its output.</summary>
internal sealed class AvgPool2DKernel : PoolKernel<AvgPool2DOp>
{
    public override IEnumerable<Variant> Variants(AvgPool2DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PoolLanes.Variants(op.Geometry, outputs[0].Shape, limits, mostUnits: 40).Concat(base.Variants(op, inputs, outputs, limits));

    public override KernelPlan Plan(AvgPool2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Lane ? PoolLanes.Over(variant, inputs[0].Shape, outputs[0].Shape) : Over(variant, op.Geometry, inputs[0].Shape, outputs[0].Shape, outputs[0].Shape);
}
