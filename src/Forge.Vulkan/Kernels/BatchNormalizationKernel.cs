using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="BatchNormalizationOp"/>: slices of the rows, their means and spreads joined, then every element.</summary>
internal sealed class BatchNormalizationKernel : Kernel<BatchNormalizationOp>
{
    public override IEnumerable<Variant> Variants(BatchNormalizationOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        new ChannelLanes(inputs[0]).Variants(limits).Concat(new ChannelSlices(inputs[0]).Variants(limits));

    public override KernelPlan Plan(BatchNormalizationOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (variant.Family == Family.Lane)
            return InLanes(op, new(inputs[0]));
        var cut = new ChannelSlices(inputs[0]);
        var (rows, channels, slices, units) = ((uint)cut.Rows, (uint)cut.Channels, (uint)cut.Slices, (uint)cut.Units);
        return new(
            [
                new(cut.Grid, [slices * units, rows, units, (uint)cut.SliceRows, .. Divisor.Words(cut.Units)],
                    [Slot.Input(0), Slot.Scratch(0), Slot.Scratch(1)], Shader: "BatchNormalization.slices.comp", Constants: [64], Defines: [cut.Define]),
                new(Grid.Linear(channels, 64), [channels, rows, slices, (uint)cut.SliceRows],
                    [Slot.Scratch(0, written: false), Slot.Scratch(1, written: false), Slot.Output(1), Slot.Output(2)],
                    Shader: "BatchNormalization.statistics.comp", Constants: [64], Defines: []),
                new(Grid.Linear(cut.Invocations(variant), 64), [(uint)cut.Invocations(variant), rows, units, Dispatch.Bits(op.Epsilon), .. Divisor.Words(cut.Units)],
                    [Slot.Input(0), Slot.Input(1), Slot.Input(2), Slot.Output(1, written: false), Slot.Output(2, written: false), Slot.Output(0)]),
            ],
            [cut.Bytes, cut.Bytes]);
    }

    private static KernelPlan InLanes(BatchNormalizationOp op, ChannelLanes cut)
    {
        var (rows, channels, quads, left, (ofX, ofSums)) = ((uint)cut.Rows, (uint)cut.Channels, cut.Channels / 4, (uint)cut.RowsLeft, cut.WholeBytes);
        var (grid, constants) = cut.WholeSlicesRun;
        List<Dispatch> dispatches =
        [
            new(grid, [], [Slot.Input(0, 0, ofX), Slot.Scratch(0, 0, ofSums), Slot.Scratch(1, 0, ofSums)], Shader: "BatchNormalization.slices.lane.comp", Constants: constants),
        ];
        if (left > 0)
            dispatches.Add(new(Grid.Linear(quads, 64), [(uint)quads, left, (uint)quads, left, .. Divisor.Words(quads)],
                [Slot.Input(0, ofX), Slot.Scratch(0, ofSums), Slot.Scratch(1, ofSums)], Shader: "BatchNormalization.slices.comp", Constants: [64], Defines: [("WIDTH", "4")], LaneTable: 0));
        dispatches.Add(new(Grid.Linear(channels, 64), [channels, rows, (uint)cut.Slices, (uint)cut.SliceRows],
            [Slot.Scratch(0, written: false), Slot.Scratch(1, written: false), Slot.Output(1), Slot.Output(2)],
            Shader: "BatchNormalization.statistics.comp", Constants: [64], LaneTable: 0));
        dispatches.Add(new(cut.Runs, [Dispatch.Bits(op.Epsilon)],
            [Slot.Input(0), Slot.Input(1), Slot.Input(2), Slot.Output(1, written: false), Slot.Output(2, written: false), Slot.Output(0)]));
        return new(dispatches, [cut.Bytes, cut.Bytes]);
    }
}
