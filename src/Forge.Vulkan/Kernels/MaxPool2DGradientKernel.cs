using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MaxPool2DGradientOp"/>: an invocation asks every window that holds its cell whether the cell won.</summary>
internal sealed class MaxPool2DGradientKernel : PoolKernel<MaxPool2DGradientOp>
{
    public override KernelPlan Plan(MaxPool2DGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Over(variant, op.Geometry, inputs[0].Shape, inputs[1].Shape, outputs[0].Shape, op.ThroughRelu ? 1u : 0);
}
