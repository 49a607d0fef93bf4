using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// Runs <see cref="FusedReduceOp"/> as <see cref="ReduceKernel"/> would run the reduction alone, but that the first dispatches compute the
/// elements with the chain's GLSL (<see cref="ChainSource"/>): FusedReduce.comp, .tree.comp and .lane.comp for Reduce's.
/// </summary>
internal sealed class FusedReduceKernel : Kernel<FusedReduceOp>
{
    // Loads and steps of a subgroup's straight-line code: past this the instruction cache no longer holds them.
    private const int MostSteps = 192;

    // As for Reduce. Fewer terms to a subgroup the longer the chain, and where they are rows apart: each is then a cache line of every input.
    public override IEnumerable<Variant> Variants(FusedReduceOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var first = ReduceKernel.Passes(op.Axes, op.Chain.Shape).First();
        if (limits.HasLaneWords && limits.AllowsLanes(ReduceKernel.MostLanes) && inputs.All(i => ChainSource.HasLanes(i.Shape, op.Chain.Shape)))
            foreach (var terms in first.Inner > 1 ? (uint[])[16, 8] : [32, 16, 8])
                if (terms * (op.Chain.Steps.Count + inputs.Count) <= MostSteps && ReduceKernel.InLanes(first, terms) is not null)
                    yield return new(Family.Lane, $"terms{terms}", 64, Constants: [64, terms]);
        var (walk, tree) = (new Variant(Family.Portable, ReduceKernel.Walk, 64), new Variant(Family.Portable, ReduceKernel.Tree, 128, Shader: "FusedReduce.tree.comp"));
        var hasRows = limits.AllowsLanes(tree.Lanes) && first is { Inner: 1, Extent: > 16 };
        if (hasRows && !limits.Quirks.RunsOnProcessor) yield return tree;
        yield return walk;
        if (hasRows && limits.Quirks.RunsOnProcessor) yield return tree;
    }

    public override KernelPlan Plan(FusedReduceOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var all = ReduceKernel.Passes(op.Axes, op.Chain.Shape).ToArray();
        var passes = new List<ReduceKernel.Pass> { ReduceKernel.Sliced(all[0], variant).First() };
        // What is left is a plain reduction of the first pass's results.
        var plain = variant.Family == Family.Lane ? variant with { Constants = [64, 64] } : variant;
        if (passes[0].Slices > 1) passes.AddRange(ReduceKernel.Sliced(passes[0].Next, plain));
        foreach (var pass in all[1..]) passes.AddRange(ReduceKernel.Sliced(pass, plain));

        return ReduceKernel.PlanOf(passes, op.Kind, ReduceKernel.Factor(op.Kind, op.Chain.Shape.Count, outputs[0].Count),
            (pass, how, x, y) => ReduceKernel.Dispatches(pass, plain, how, x, y),
            runFirst: (pass, how, x, y) => ReduceKernel.Dispatches(pass, variant, how, x, y).Select(d => WithChain(d, pass, op.Chain, inputs)));
    }

    // A dispatch of Reduce's that reads the chain's inputs. Where it read from within x, it computes from that element on.
    private static Dispatch WithChain(Dispatch reduce, ReduceKernel.Pass pass, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs)
    {
        var (x, y) = (reduce.Bindings![0], reduce.Bindings[1]);
        var isLane = reduce.LaneTable > 0;
        var isWide = reduce.Defines!.Any(d => d is { Name: "WIDE", Value: not "0" });
        var chain = isLane ? ChainSource.LaneTerms(op, inputs, step: pass.Inner > 1 ? pass.Inner : 8, run: pass.Inner > 1 ? 0 : pass.SliceExtent, block: pass.SliceExtent * pass.Inner) : ChainSource.Terms(op, inputs, isWide ? 4u : 1);
        uint[] from = isLane ? [] : [(uint)(x.Offset / 4)];
        return reduce with
        {
            Shader = $"Fused{reduce.Shader}",
            Push = [.. from, .. reduce.Push, .. chain.Words],
            Bindings = [.. inputs.Select((_, i) => Slot.Input(i)), y],
            Includes = [("chain-buffers.glsl", chain.Buffers), ("chain.glsl", chain.Body)],
        };
    }
}
