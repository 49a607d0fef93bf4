using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ArgMaxOp"/> with shaders/ArgMax.comp: an invocation for each output walks the reduced axes. Neighbouring axes of a kind are one.</summary>
internal sealed class ArgMaxKernel : Kernel<ArgMaxOp>
{
    private const int Most = 4;     // axes of a kind, neighbours joined: the arrays of the push block

    public override IEnumerable<Variant> Variants(ArgMaxOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants(outputs[0].Count, limits, [(uint)Axes(op, inputs[0].Shape, reduced: true).Count, (uint)Axes(op, inputs[0].Shape, reduced: false).Count], isWide: false);

    protected override long LoopRounds(ArgMaxOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        outputs[0].Count == 0 ? 0 : 2 * (inputs[0].Count / outputs[0].Count);

    public override KernelPlan Plan(ArgMaxOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (reduced, kept) = (Axes(op, inputs[0].Shape, reduced: true), Axes(op, inputs[0].Shape, reduced: false));
        if (Math.Max(reduced.Count, kept.Count) > Most)
            throw new ShapeException(op, inputs, $"the axes {op.Axes} and the others alternate more than {2 * Most - 1} times", "Transpose first, so that axes of a kind are neighbours.");
        var divisors = Divisor.Words([.. kept.SkipLast(1).Select(a => a.Extent)]);
        return new Dispatch(EachUnit.Grid(variant, outputs[0].Count),
            [
                (uint)outputs[0].Count, (uint)reduced.Aggregate(1, (n, a) => n * a.Extent), .. Padded(reduced.Select(a => a.Extent), Most), .. Padded(reduced.Select(a => a.Step), Most),
                .. Padded(kept.SkipLast(1).Select(a => a.Extent), Most - 1), .. Padded(divisors.Where((_, i) => i % 2 == 0).Select(w => (int)w), Most - 1),
                .. Padded(divisors.Where((_, i) => i % 2 == 1).Select(w => (int)w), Most - 1), .. Padded(kept.Select(a => a.Step), Most),
            ]);

        static IEnumerable<uint> Padded(IEnumerable<int> words, int count) => words.Select(w => (uint)w).Concat(Enumerable.Repeat(0u, count)).Take(count);
    }

    // Extents and steps of the axes of a kind, innermost first; at least one.
    private static List<(int Extent, int Step)> Axes(ArgMaxOp op, Shape x, bool reduced)
    {
        var (axes, strides) = (new List<(int Extent, int Step)>(), x.Strides());
        for (var axis = x.Rank - 1; axis >= 0; axis--)
        {
            if (x[axis] == 1 || op.Axes.Contains(axis) != reduced) continue;
            if (axes is [.., var inner] && inner.Extent * inner.Step == strides[axis]) axes[^1] = (inner.Extent * x[axis], inner.Step);
            else axes.Add((x[axis], strides[axis]));
        }
        return axes.Count > 0 ? axes : [(1, 1)];
    }
}
