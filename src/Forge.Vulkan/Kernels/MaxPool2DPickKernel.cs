using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MaxPool2DPickOp"/>: an invocation finds the winner of its window in x and reads u there.</summary>
internal sealed class MaxPool2DPickKernel : PoolKernel<MaxPool2DPickOp>
{
    public override KernelPlan Plan(MaxPool2DPickOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(variant, op.Geometry, inputs[0].Shape, outputs[0].Shape, outputs[0].Shape, op.ThroughRelu ? 1u : 0);
}
