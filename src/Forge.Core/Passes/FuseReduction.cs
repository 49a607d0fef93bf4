using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has reductions compute the elementwise chain that they reduce: its values, as many as the inputs have, are neither written nor read.</summary>
/// <remarks>
/// Only where nothing else reads the chain, and where it pays on every kind of device. Small tensors save a dispatch. Large ones save the memory
/// traffic where rows are reduced; down columns a processor's caches serve one large input well and two no better than the chain on its own.
/// A chain that only copies is left alone.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FuseReduction : IPass
{
    // Elements below which a dispatch costs more than the traffic, and loads and steps above which a chain is no longer short.
    private const int Small = 1 << 14, LongChain = 24;

    /// <inheritdoc/>
    public string Name => "fuse reduction";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var uses = traced.UseCounts();
        return traced.Rewrite(at =>
        {
            if (at.Node.Op is not ReduceOp reduce || uses[at.Node.Inputs[0]] != 1) return null;
            var made = at.Inputs[0].Node;
            if (made.Op is not FusedElementwiseOp { Results.Count: 1 } chain || IsCopy(chain, made) || !Pays(chain, made, reduce)) return null;
            return at.Graph.Add(new FusedReduceOp(chain, reduce.Kind, reduce.Axes, reduce.KeepDims), [.. made.Inputs]).Outputs;
        });
    }

    private static bool IsCopy(FusedElementwiseOp chain, Node made) =>
        chain.Steps.All(s => s.Op is IdentityOp or BroadcastToOp) && made.Inputs.All(i => i.Shape.Count == chain.Shape.Count);

    private static bool Pays(FusedElementwiseOp chain, Node made, ReduceOp reduce)
    {
        var shape = chain.Shape;
        if (shape.Count < Small) return true;
        if (chain.Steps.Count + chain.Arity > LongChain) return false;
        var moving = Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] != 1).ToArray();
        if (reduce.Axes.Contains(moving[^1])) return true;
        var block = moving.SkipWhile(axis => !reduce.Axes.Contains(axis)).ToArray(); // each of the blocks of rows
        var kept = block.SkipWhile(axis => reduce.Axes.Contains(axis)).ToArray();
        var areColumns = kept.Length < block.Length && !kept.Any(axis => reduce.Axes.Contains(axis)) && kept.Aggregate(1L, (n, axis) => n * shape[axis]) % 8 == 0;
        return areColumns && made.Inputs.Count(i => i.Shape.Count == shape.Count) <= 1;
    }
}
