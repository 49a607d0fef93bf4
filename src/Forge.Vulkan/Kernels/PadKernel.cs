using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="PadOp"/>: shaders/Pad.fill.comp fills y, then shaders/Pad.comp lays x into it; Pad.lane.comp, into what the device has filled.</summary>
/// <remarks>
/// One gathering dispatch would have to tell for each element of y whether x has it, with a division and two comparisons an axis, and would need
/// more push words than there are.
/// </remarks>
internal sealed class PadKernel : Kernel<PadOp>
{
    public override IEnumerable<Variant> Variants(PadOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        Copy(op, inputs).Variants(limits);

    public override KernelPlan Plan(PadOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var copies = Copy(op, inputs).Dispatches(variant, "Pad.comp", [Slot.Input(0), Slot.Output(0)]);
        if (inputs[0].Count == op.To.Count) return new([.. copies]);
        var value = outputs[0].DType switch
        {
            DType.F32 => Dispatch.Bits(op.Value),
            DType.I32 => (uint)(int)op.Value,
            _ => (uint)op.Value,
        };
        if (variant.Family == Family.Lane)
            return new([copies.First() with { Fill = (Slot.Output(0), value) }, .. copies.Skip(1)]);
        var fill = new Dispatch(EachUnit.Grid(variant, (op.To.Count + 3L) / 4), [(uint)op.To.Count, value], [Slot.Output(0)], Shader: "Pad.fill.comp",
            Constants: [variant.Lanes, variant.Constants![1]], Defines: []);
        return new([fill, .. copies]);
    }

    private static StridedCopy Copy(PadOp op, IReadOnlyList<TensorType> inputs) => StridedCopy.Box(op.To, [.. inputs[0].Shape], op.Starts, op.Steps);
}
