using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// Runs <see cref="ReduceOp"/> as passes over (outer, reduced, inner): neighbouring axes of a kind are one, and each pass reduces the innermost
/// of what is left. A pass with few outputs is two: slices of the reduced axis first, then the slices' results.
/// </summary>
internal sealed class ReduceKernel : Kernel<ReduceOp>
{
    private const string Walk = "walk", Tree = "tree";

    // walk: an invocation for each output or slice. tree: a workgroup for each, where rows are contiguous; its lanes meet in shared memory,
    // which a processor is slow at and which a GPU needs to read whole lines.
    public override IEnumerable<Variant> Variants(ReduceOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var walk = new Variant(Family.Portable, Walk, 64);
        if (!Passes(op, inputs[0].Shape).Any(p => p is { Inner: 1, Extent: > 16 })) return [walk];
        var tree = new Variant(Family.Portable, Tree, 128, Shader: "Reduce.tree.comp");
        return limits.Quirks.RunsOnProcessor ? [walk, tree] : [tree, walk];
    }

    public override KernelPlan Plan(ReduceOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (passes, scratch, dispatches) = (new List<Pass>(), new List<long>(), new List<Dispatch>());
        foreach (var pass in Passes(op, inputs[0].Shape)) passes.AddRange(Sliced(pass, variant));
        var factor = op.Kind != Reduction.Mean ? 1 : inputs[0].Count == 0 ? float.NaN : (float)((double)outputs[0].Count / inputs[0].Count);
        for (var p = 0; p < passes.Count; p++)
        {
            var (first, last) = (p == 0, p == passes.Count - 1);
            if (!last) scratch.Add(4 * passes[p].Results);
            dispatches.Add(Dispatch(op, passes[p], variant, square: first && op.Kind == Reduction.SumSquares, last ? factor : 1,
                [first ? Slot.Input(0) : Slot.Scratch(p - 1, written: false), last ? Slot.Output(0) : Slot.Scratch(p)]));
        }
        return new(dispatches, scratch);
    }

    // x (Outer, Extent, Inner) to y (Outer, Slices, Inner); a slice is SliceExtent long, the last may be shorter.
    private sealed record Pass(long Outer, long Extent, long Inner, long Slices, long SliceExtent)
    {
        public Pass(long outer, long extent, long inner) : this(outer, extent, inner, 1, extent) { }

        public long Results => Outer * Slices * Inner;
    }

    private static Dispatch Dispatch(ReduceOp op, Pass pass, Variant variant, bool square, float factor, IReadOnlyList<Slot> bindings)
    {
        (string, string)[] defines = [("COMBINE", op.Kind switch { Reduction.Max => "1", Reduction.Min => "2", _ => "0" }), ("SQUARE", square ? "1" : "0")];
        if (variant.Name == Tree && pass.Inner == 1)
            return new(TreeGrid(pass), [(uint)pass.Results, (uint)pass.Extent, (uint)pass.Slices, (uint)pass.SliceExtent, Vulkan.Dispatch.Bits(factor), .. Divisor.Words((int)pass.Slices)],
                bindings, Defines: defines);
        // Four columns at once, or four neighbours of a row.
        var (wideColumns, wideRows) = (pass.Inner % 4 == 0, pass.Inner == 1 && pass.Extent % 4 == 0 && pass.SliceExtent % 4 == 0);
        var columns = wideColumns ? pass.Inner / 4 : pass.Inner;
        return new(Grid.Linear(pass.Outer * pass.Slices * columns, 64),
            [(uint)(pass.Outer * pass.Slices * columns), (uint)pass.Extent, (uint)pass.Slices, (uint)pass.SliceExtent, (uint)columns, Vulkan.Dispatch.Bits(factor),
                .. Divisor.Words((int)columns, (int)pass.Slices)],
            bindings, Shader: "Reduce.comp", Constants: [64], Defines: [.. defines, ("WIDE", wideColumns ? "1" : wideRows ? "2" : "0")]);
    }

    private static Grid TreeGrid(Pass pass) => Grid.Linear(pass.Results, 1);

    // Slices enough to keep every core or lane busy, and long enough to be worth an invocation.
    private static IEnumerable<Pass> Sliced(Pass pass, Variant variant)
    {
        var (outer, extent, inner) = (pass.Outer, pass.Extent, pass.Inner);
        var isTree = variant.Name == Tree && inner == 1;
        var (wanted, shortest) = isTree ? (512L, 4L * variant.Lanes) : (1024L, 32L);
        var units = outer * (inner % 4 == 0 ? inner / 4 : inner);
        var slices = Math.Min(wanted / Math.Max(1, units), extent / shortest);
        if (slices < 2) return [pass];
        var each = (extent + slices - 1) / slices;
        if (inner == 1) each = (each + 3) / 4 * 4;      // so that wide loads fit
        slices = (extent + each - 1) / each;
        return slices < 2 ? [pass] : [new(outer, extent, inner, slices, each), new(outer, slices, inner)];
    }

    private static IEnumerable<Pass> Passes(ReduceOp op, Shape x)
    {
        var axes = new List<(long Extent, bool Reduced)>();
        for (var axis = 0; axis < x.Rank; axis++)
        {
            if (x[axis] == 1) continue;
            var reduced = op.Axes.Contains(axis);
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
