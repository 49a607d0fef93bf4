using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MaxPool2DOp"/>: an invocation looks through the window of its output.</summary>
internal sealed class MaxPool2DKernel : PoolKernel<MaxPool2DOp>
{
    public override KernelPlan Plan(MaxPool2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(variant, op.Geometry, inputs[0].Shape, outputs[0].Shape, outputs[0].Shape);
}
