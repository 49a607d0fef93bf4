using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="DropoutOp"/> with shaders/Dropout.comp or Dropout.lane.comp: a unit is a Philox block of four elements.</summary>
internal sealed class DropoutKernel : Kernel<DropoutOp>
{
    public override IEnumerable<Variant> Variants(DropoutOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PhiloxLanes.Dividing(outputs[0].Count, limits).Concat(EachUnit.Variants((outputs[0].Count + 3L) / 4, limits));

    public override KernelPlan Plan(DropoutOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(PhiloxLanes.Grid(variant, outputs[0].Count), [(uint)outputs[0].Count, (uint)op.Stream, op.Threshold, Dispatch.Bits(op.Scale)]);
}
