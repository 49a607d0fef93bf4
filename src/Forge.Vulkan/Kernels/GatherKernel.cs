using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="GatherOp"/> with shaders/Gather.comp, four words at a time where rows allow it, or in tiles with Gather.lane.comp.</summary>
internal sealed class GatherKernel : Kernel<GatherOp>
{
    private const uint NaN = 0x7fc00000;

    // Words of a lane kernel's tile, all unrolled; rows of it at most, each with a look-up or two; subgroups of a workgroup at most.
    private const int TileWords = 512, MostRows = 8;
    private const uint MostSubgroups = 16;

    public override IEnumerable<Variant> Variants(GatherOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var width = Row(inputs[0]) % 4 == 0 ? 4 : 1;
        var portable = EachUnit.Variants(outputs[0].Count / width, limits, defines: [("WIDTH", $"{width}")], isWide: width == 4);
        var (words, rows, indexes) = (Row(inputs[0]), inputs[0].Shape[0], inputs[1].Count);
        if (!limits.HasLaneWords || words < 16 || rows == 0 || indexes == 0) return portable;
        var run = LaneTerms.Run(words, TileWords);
        var (tileRows, tilesOfRow) = (Math.Min(indexes, Math.Min(TileWords / run, MostRows)), (words + run - 1) / run);
        var subgroups = LaneTerms.SubgroupsFor((long)tilesOfRow * ((indexes + tileRows - 1) / tileRows), MostSubgroups);
        return portable.Prepend(new Variant(Family.Lane, "rows", 8 * subgroups, [8 * subgroups, subgroups, (uint)run, (uint)tileRows, rows > LaneTerms.MaxAxis ? 1u : 0], LaneTable: LaneTerms.Table))
            .Where(v => limits.AllowsLanes(v.Lanes));
    }

    public override KernelPlan Plan(GatherOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var row = Row(inputs[0]);
        var missing = outputs[0].DType == DType.F32 ? NaN : 0u;
        if (variant.Family == Family.Lane)
        {
            var (indexes, subgroups, tileRows) = (inputs[1].Count, variant.Constants![1], (int)variant.Constants[3]);
            var tilesOfRow = (row + (int)variant.Constants[2] - 1) / (int)variant.Constants[2];
            var tiles = (long)tilesOfRow * ((indexes + tileRows - 1) / tileRows);
            return new Dispatch(LaneTerms.Folded((tiles + subgroups - 1) / subgroups),
                [(uint)tiles, (uint)indexes, (uint)inputs[0].Shape[0], (uint)row, missing, (uint)tilesOfRow, .. Divisor.Words(tilesOfRow)]);
        }
        var width = row % 4 == 0 ? 4 : 1;
        return new Dispatch(EachUnit.Grid(variant, outputs[0].Count / width),
            [(uint)(outputs[0].Count / width), (uint)inputs[0].Shape[0], (uint)(row / width), missing, .. Divisor.Words(row / width)]);
    }

    private static int Row(TensorType table) => new Shape(table.Shape.Extents[1..]).Count;
}
