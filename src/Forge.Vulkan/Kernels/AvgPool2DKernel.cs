using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AvgPool2DOp"/>: an invocation sums the window of its output.</summary>
internal sealed class AvgPool2DKernel : PoolKernel<AvgPool2DOp>
{
    public override KernelPlan Plan(AvgPool2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(variant, op.Geometry, inputs[0].Shape, outputs[0].Shape, outputs[0].Shape);
}
