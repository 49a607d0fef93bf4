using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="BatchNormalizationGradOp"/>: sums over slices of the rows, the slices' sums, then every element.</summary>
internal sealed class BatchNormalizationGradKernel : Kernel<BatchNormalizationGradOp>
{
    public override IEnumerable<Variant> Variants(BatchNormalizationGradOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        new ChannelLanes(inputs[0]).Variants(limits).Concat(new ChannelSlices(inputs[0]).Variants(limits));

    public override KernelPlan Plan(BatchNormalizationGradOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (variant.Family == Family.Lane)
            return InLanes(op, new(inputs[0]));
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

    private static KernelPlan InLanes(BatchNormalizationGradOp op, ChannelLanes cut)
    {
        var (rows, channels, quads, left, (ofX, ofSums), epsilon) = ((uint)cut.Rows, (uint)cut.Channels, cut.Channels / 4, (uint)cut.RowsLeft, cut.WholeBytes, Dispatch.Bits(op.Epsilon));
        var (grid, constants) = cut.WholeSlicesRun;
        List<Dispatch> dispatches =
        [
            new(grid, [epsilon], [Slot.Input(0, 0, ofX), Slot.Input(2), Slot.Input(3), Slot.Input(4, 0, ofX), Slot.Scratch(0, 0, ofSums), Slot.Scratch(1, 0, ofSums)],
                Shader: "BatchNormalizationGrad.slices.lane.comp", Constants: constants),
        ];
        if (left > 0)
            dispatches.Add(new(Grid.Linear(quads, 64), [(uint)quads, left, (uint)quads, left, epsilon, .. Divisor.Words(quads)],
                [Slot.Input(0, ofX), Slot.Input(2), Slot.Input(3), Slot.Input(4, ofX), Slot.Scratch(0, ofSums), Slot.Scratch(1, ofSums)],
                Shader: "BatchNormalizationGrad.slices.comp", Constants: [64], Defines: [("WIDTH", "4")], LaneTable: 0));
        dispatches.Add(new(Grid.Linear(channels, 64), [channels, (uint)cut.Slices],
            [Slot.Scratch(0, written: false), Slot.Scratch(1, written: false), Slot.Output(1), Slot.Output(2)],
            Shader: "BatchNormalizationGrad.sum.comp", Constants: [64], LaneTable: 0));
        dispatches.Add(new(cut.Runs, [epsilon, Dispatch.Bits(1f / rows)],
            [Slot.Input(0), Slot.Input(1), Slot.Input(2), Slot.Input(3), Slot.Input(4), Slot.Output(1, written: false), Slot.Output(2, written: false), Slot.Output(0)]));
        return new(dispatches, [cut.Bytes, cut.Bytes]);
    }
}
