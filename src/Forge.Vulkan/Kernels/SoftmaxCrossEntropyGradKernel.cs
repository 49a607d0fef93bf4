using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SoftmaxCrossEntropyGradOp"/> with shaders/SoftmaxCrossEntropyGrad.comp or its lane form, or SoftmaxCrossEntropyGrad.loss.comp where it gives the loss too.</summary>
internal sealed class SoftmaxCrossEntropyGradKernel : LaneRowKernel<SoftmaxCrossEntropyGradOp>
{
    public override IEnumerable<Variant> Variants(SoftmaxCrossEntropyGradOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (op.Loss is null) return base.Variants(op, inputs, outputs, limits);
        // One workgroup for all rows: lanes for a GPU, none to spare for a processor.
        uint[] lanes = limits.Quirks.RunsOnProcessor ? [64, 256] : [256, 64];
        return lanes.Where(limits.AllowsLanes)
            .Select(l => new Variant(Family.Portable, $"together{l}", l, Shader: "SoftmaxCrossEntropyGrad.loss.comp"));
    }

    public override KernelPlan Plan(SoftmaxCrossEntropyGradOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (op.Loss is null) return base.Plan(op, variant, inputs, outputs);
        var columns = inputs[0].Shape[-1];
        var rows = inputs[0].Count / columns;
        return new Dispatch(new Grid(1), [(uint)rows, (uint)columns, Dispatch.Bits(op.Loss == Reduction.Mean ? 1f / rows : 1)]);
    }
}
