using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="BatchNormalizationGradOp"/>: sums over slices of the rows, the slices' sums, then every element.</summary>
internal sealed class BatchNormalizationGradKernel : Kernel<BatchNormalizationGradOp>
{
    public override IEnumerable<Variant> Variants(BatchNormalizationGradOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        new ChannelSlices(inputs[0]).Variants(limits);

    public override KernelPlan Plan(BatchNormalizationGradOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var cut = new ChannelSlices(inputs[0]);
        var (rows, channels, slices, units, epsilon) = ((uint)cut.Rows, (uint)cut.Channels, (uint)cut.Slices, (uint)cut.Units, Dispatch.Bits(op.Epsilon));
        return new(
            [
                new(cut.Grid, [slices * units, rows, units, (uint)cut.SliceRows, epsilon, .. Divisor.Words(cut.Units)],
                    [Slot.Input(0), Slot.Input(2), Slot.Input(3), Slot.Input(4), Slot.Scratch(0), Slot.Scratch(1)],
                    Shader: "BatchNormalizationGrad.slices.comp", Constants: [64], Defines: [cut.Define]),
                new(Grid.Linear(channels, 64), [channels, slices],
                    [Slot.Scratch(0, written: false), Slot.Scratch(1, written: false), Slot.Output(1), Slot.Output(2)],
                    Shader: "BatchNormalizationGrad.sum.comp", Constants: [64], Defines: []),
                new(Grid.Linear(cut.Invocations(variant), 64), [(uint)cut.Invocations(variant), rows, units, epsilon, Dispatch.Bits(1f / rows), .. Divisor.Words(cut.Units)],
                    [Slot.Input(0), Slot.Input(1), Slot.Input(2), Slot.Input(3), Slot.Input(4), Slot.Output(1, written: false), Slot.Output(2, written: false), Slot.Output(0)]),
            ],
            [cut.Bytes, cut.Bytes]);
    }
}
