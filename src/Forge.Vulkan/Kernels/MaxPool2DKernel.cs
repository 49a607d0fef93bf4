using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MaxPool2DOp"/>: an invocation looks through the window of its output.</summary>
internal sealed class MaxPool2DKernel : PoolKernel<MaxPool2DOp>
{
    public override IEnumerable<Variant> Variants(MaxPool2DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PoolLanes.Variants(op.Geometry, outputs[0].Shape, limits, mostUnits: 40).Concat(base.Variants(op, inputs, outputs, limits));

    public override KernelPlan Plan(MaxPool2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Lane ? PoolLanes.Over(variant, inputs[0].Shape, outputs[0].Shape) : Over(variant, op.Geometry, inputs[0].Shape, outputs[0].Shape, outputs[0].Shape);
}
