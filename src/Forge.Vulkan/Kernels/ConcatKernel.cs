using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ConcatOp"/> with shaders/Concat.comp or Concat.lane.comp: a strided copy for each input.</summary>
internal sealed class ConcatKernel : Kernel<ConcatOp>
{
    // The largest input decides; smaller ones run with what is best for it.
    public override IEnumerable<Variant> Variants(ConcatOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var largest = Enumerable.Range(0, inputs.Count).MaxBy(i => inputs[i].Count);
        return Copy(op, inputs, outputs[0].Shape, largest).Variants(limits);
    }

    public override KernelPlan Plan(ConcatOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new([.. Enumerable.Range(0, inputs.Count).SelectMany(i => Copy(op, inputs, outputs[0].Shape, i).Dispatches(variant, "Concat.comp", [Slot.Input(i), Slot.Output(0)]))]);

    private static StridedCopy Copy(ConcatOp op, IReadOnlyList<TensorType> inputs, Shape into, int input)
    {
        var strides = into.Strides();
        return new(inputs[input].Shape, strides, inputs.Take(input).Sum(i => i.Shape[op.Axis]) * strides[op.Axis]);
    }
}
