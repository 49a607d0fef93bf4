using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// Runs <see cref="ReduceOp"/> as passes over (outer, reduced, inner): neighbouring axes of a kind are one, and each pass reduces the innermost
/// of what is left. A pass with few outputs is two: slices of the reduced axis first, then the slices' results.
/// </summary>
internal sealed class ReduceKernel : Kernel<ReduceOp>
{
    // Terms that one invocation sums sooner than a second dispatch starts.
    private const long Short = 512;

    internal const string Walk = "walk", Tree = "tree";

    /// <summary>Invocations of the largest workgroup of Reduce.lane.comp.</summary>
    internal const uint MostLanes = 8 << MostHalvings;

    private const int MostHalvings = 4;

    // walk: an invocation for each output or slice. tree: a workgroup for each, where rows are contiguous; its lanes meet in shared memory,
    // which a processor is slow at and which a GPU needs to read whole lines. lane: slices by subgroups of eight, the rest as walk.
    public override IEnumerable<Variant> Variants(ReduceOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var passes = Passes(op.Axes, inputs[0].Shape).ToArray();
        var walk = new Variant(Family.Portable, Walk, 64);
        if (limits.HasLaneWords && limits.AllowsLanes(MostLanes) && passes.Any(p => InLanes(p, 64) is not null || InLanes(p, 128) is not null))
        {
            yield return new(Family.Lane, "terms64", 64, Constants: [64, 64]);
            yield return new(Family.Lane, "terms128", 64, Constants: [64, 128]);
        }
        var tree = new Variant(Family.Portable, Tree, 128, Shader: "Reduce.tree.comp");
        var hasRows = limits.AllowsLanes(tree.Lanes) && passes.Any(p => p is { Inner: 1, Extent: > 16 });
        if (hasRows && !limits.Quirks.RunsOnProcessor) yield return tree;
        yield return walk;
        if (hasRows && limits.Quirks.RunsOnProcessor) yield return tree;
    }

    public override KernelPlan Plan(ReduceOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var passes = Passes(op.Axes, inputs[0].Shape).SelectMany(pass => Sliced(pass, variant)).ToArray();
        return PlanOf(passes, op.Kind, Factor(op.Kind, inputs[0].Count, outputs[0].Count), (pass, how, x, y) => Dispatches(pass, variant, how, x, y));
    }

    internal delegate IEnumerable<Dispatch> PassDispatches(Pass pass, Combination how, Slot x, Slot y);

    // Each pass reads what the one before left in scratch: the first the op's input, and it squares; the last writes the op's output and multiplies.
    internal static KernelPlan PlanOf(IReadOnlyList<Pass> passes, Reduction kind, float factor, PassDispatches run, PassDispatches? runFirst = null)
    {
        var (scratch, dispatches) = (new List<long>(), new List<Dispatch>());
        for (var p = 0; p < passes.Count; p++)
        {
            var (isFirst, isLast) = (p == 0, p == passes.Count - 1);
            if (!isLast) scratch.Add(Math.Max(4, 4 * passes[p].Results));    // no driver binds nothing
            var (x, y) = (isFirst ? Slot.Input(0) : Slot.Scratch(p - 1, written: false), isLast ? Slot.Output(0) : Slot.Scratch(p));
            dispatches.AddRange((isFirst && runFirst is not null ? runFirst : run)(passes[p], new(kind, Square: isFirst && kind == Reduction.SumSquares, isLast ? factor : 1), x, y));
        }
        return new(dispatches, scratch);
    }

    // What the last pass multiplies by.
    internal static float Factor(Reduction kind, long elements, long results) =>
        kind != Reduction.Mean ? 1 : elements == 0 ? float.NaN : (float)((double)results / elements);

    // x (Outer, Extent, Inner) to y (Outer, Slices, Inner); a slice is SliceExtent long, the last may be shorter. With LaneSlices, that many are
    // for Reduce.lane.comp and what they leave is one slice, of any length.
    internal sealed record Pass(long Outer, long Extent, long Inner, long Slices, long SliceExtent, long LaneSlices = 0)
    {
        public Pass(long outer, long extent, long inner) : this(outer, extent, inner, 1, extent) { }

        public long Results => Outer * Slices * Inner;

        public Pass Next => new(Outer, Slices, Inner);
    }

    internal readonly record struct Combination(Reduction Kind, bool Square, float Factor)
    {
        public (string, string)[] Defines =>
            [("COMBINE", Kind switch { Reduction.Max => "1", Reduction.Min => "2", _ => "0" }), ("SQUARE", Square ? "1" : "0")];

        public uint FactorBits => Dispatch.Bits(Factor);
    }

    internal static IEnumerable<Dispatch> Dispatches(Pass pass, Variant variant, Combination how, Slot x, Slot y)
    {
        if (pass.LaneSlices == 0)
        {
            yield return variant.Name == Tree && pass.Inner == 1 ? TreeDispatch(pass, variant, how, x, y) : WalkDispatch(pass, how, x, y);
            yield break;
        }
        var whole = pass.LaneSlices;
        var (read, written) = (4 * pass.Outer * whole * pass.SliceExtent * pass.Inner, 4 * pass.Outer * whole * pass.Inner);
        yield return LaneDispatch(pass, how, x with { Bytes = read }, y with { Bytes = written });
        // What the lanes leave, there being no outer axis then, is one slice more: its own part of both blocks.
        if (pass.Extent - whole * pass.SliceExtent is > 0 and var rest)
            yield return WalkDispatch(new(1, rest, pass.Inner), how, x with { Offset = read }, y with { Offset = written });
    }

    internal static Dispatch LaneDispatch(Pass pass, Combination how, Slot x, Slot y)
    {
        var columns = pass.Inner > 1;
        var units = columns ? pass.Inner / 8 : pass.Outer * pass.LaneSlices;      // subgroups along x
        var subgroups = SubgroupsOf(units);
        var terms = (uint)(columns ? pass.SliceExtent : pass.SliceExtent / 8);
        return new(new Grid((uint)(units / subgroups), columns ? (uint)(pass.Outer * pass.LaneSlices) : 1), [how.FactorBits], [x, y],
            Shader: "Reduce.lane.comp", Constants: [8 * subgroups, subgroups, terms, (uint)pass.Inner], Defines: [.. how.Defines, ("COLUMNS", columns ? "1" : "0")], LaneTable: 32);
    }

    internal static Dispatch TreeDispatch(Pass pass, Variant variant, Combination how, Slot x, Slot y) =>
        new(Grid.Linear(pass.Results, 1), [(uint)pass.Results, (uint)pass.Extent, (uint)pass.Slices, (uint)pass.SliceExtent, how.FactorBits, .. Divisor.Words((int)pass.Slices)],
            [x, y], Shader: "Reduce.tree.comp", Constants: [variant.Lanes], Defines: how.Defines);

    internal static Dispatch WalkDispatch(Pass pass, Combination how, Slot x, Slot y)
    {
        // Four columns at once, or four neighbours of a row.
        var (wideColumns, wideRows) = (pass.Inner % 4 == 0, pass.Inner == 1 && pass.Extent % 4 == 0 && pass.SliceExtent % 4 == 0);
        var columns = wideColumns ? pass.Inner / 4 : pass.Inner;
        var count = pass.Outer * pass.Slices * columns;
        return new(Grid.Linear(count, 64),
            [(uint)count, (uint)pass.Extent, (uint)pass.Slices, (uint)pass.SliceExtent, (uint)columns, how.FactorBits, .. Divisor.Words((int)columns, (int)pass.Slices)],
            [x, y], Shader: "Reduce.comp", Constants: [64], Defines: [.. how.Defines, ("WIDE", wideColumns ? "1" : wideRows ? "2" : "0")], LaneTable: 0);
    }

    internal static IEnumerable<Pass> Sliced(Pass pass, Variant variant)
    {
        if (variant.Family == Family.Lane && InLanes(pass, variant.Constants![1]) is { } lanes)
            return lanes.Slices == 1 ? [lanes] : [lanes, .. Sliced(lanes.Next, variant)];
        // Slices enough to keep every core or lane busy, and long enough to be worth an invocation.
        var (outer, extent, inner) = (pass.Outer, pass.Extent, pass.Inner);
        var isTree = variant.Name == Tree && inner == 1;
        var (wanted, shortest) = isTree ? (512L, 4L * variant.Lanes) : (1024L, 32L);
        var units = outer * (inner % 4 == 0 ? inner / 4 : inner);
        var slices = extent <= Short ? 1 : Math.Min(wanted / Math.Max(1, units), extent / shortest);
        if (slices < 2) return [pass];
        var each = (extent + slices - 1) / slices;
        if (inner == 1) each = (each + 3) / 4 * 4;      // so that wide loads fit
        slices = (extent + each - 1) / each;
        return slices < 2 ? [pass] : [pass with { Slices = slices, SliceExtent = each }, new(outer, slices, inner)];
    }

    // The pass in slices for Reduce.lane.comp; null where it does not fit or is too little work to be worth a dispatch of its own.
    internal static Pass? InLanes(Pass pass, uint terms)
    {
        const long Worth = 1 << 14, MostGroups = 1 << 15;
        var (outer, extent, inner) = (pass.Outer, pass.Extent, pass.Inner);
        if (outer * extent * inner < Worth) return null;
        if (inner > 1)
        {
            if (inner % 8 != 0) return null;
            if (outer == 1) return extent / terms is >= 1 and <= MostGroups ? Cut(terms, extent / terms) : null;
            // Columns of several blocks of rows must divide into slices: then all blocks' slices are those of one long block.
            var dividing = Enumerable.Range(0, (int)terms - 3).Select(fewer => terms - fewer).FirstOrDefault(t => extent % t == 0);
            return dividing > 0 && outer * (extent / dividing) <= MostGroups ? Cut(dividing, extent / dividing) : null;
        }
        if (outer > 1)
        {
            // Rows must divide into runs.
            var fitting = Enumerable.Range(0, 5).Select(halvings => (long)terms >> halvings).FirstOrDefault(t => t >= 4 && extent % (8 * t) == 0);
            return fitting > 0 && Fits(outer * (extent / (8 * fitting))) ? Cut(8 * fitting, extent / (8 * fitting)) : null;
        }
        // A multiple of four results, so that what is left starts where a slot may.
        var runs = extent / (8 * terms) / 4 * 4;
        return runs > 0 && Fits(runs) ? Cut(8 * terms, runs) : null;

        static bool Fits(long results) => results / SubgroupsOf(results) <= MostGroups;
        Pass Cut(long each, long slices) => new(outer, extent, inner, slices * each < extent ? slices + 1 : slices, each, slices);
    }

    // Subgroups of a workgroup: the largest power of two up to 16 that divides their number.
    private static uint SubgroupsOf(long units) => 1u << Math.Min(MostHalvings, System.Numerics.BitOperations.TrailingZeroCount(units));

    internal static IEnumerable<Pass> Passes(IReadOnlyList<int> reducedAxes, Shape x)
    {
        var axes = new List<(long Extent, bool Reduced)>();
        for (var axis = 0; axis < x.Rank; axis++)
        {
            if (x[axis] == 1) continue;
            var reduced = reducedAxes.Contains(axis);
            if (axes.Count > 0 && axes[^1].Reduced == reduced) axes[^1] = (axes[^1].Extent * x[axis], reduced);
            else axes.Add((x[axis], reduced));
        }
        if (!axes.Exists(a => a.Reduced)) axes.Add((1, true));      // every element on its own, still squared by SumSquares
        for (var at = axes.Count - 1; at >= 0; at--)
            if (axes[at].Reduced)
            {
                yield return new(Product(axes[..at]), axes[at].Extent, Product(axes[(at + 1)..]));
                axes.RemoveAt(at);
            }

        static long Product(IEnumerable<(long Extent, bool Reduced)> extents) => extents.Aggregate(1L, (n, a) => n * a.Extent);
    }
}
