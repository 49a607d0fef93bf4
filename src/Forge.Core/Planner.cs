using Forge.Core.Ops;
using Forge.Core.Passes;

namespace Forge.Core;

/// <summary>Turns a traced function into a plan: passes, order, places.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Planner
{
    /// <summary>Plans a traced function for a backend.</summary>
    /// <param name="step">The function, as traced.</param>
    /// <param name="backend">What will run it.</param>
    /// <param name="stateOf">Where each parameter's value lies.</param>
    /// <exception cref="MemoryException">The plan needs more than the backend has; the message says how much.</exception>
    public static Plan Plan(StepGraph step, IBackend backend, Func<Parameter, Placement> stateOf)
    {
        var optimized = PassPipeline.Default.Run(RoundOperands.Lower(UnrollRecurrent.Lower(step, backend.Traits), backend.Traits));
        return new PlanBuilder(optimized, backend, stateOf).Build();
    }

    /// <summary>
    /// The nodes that compute something, in an order that respects every dependency: as traced, but updates of state come after
    /// everything that does not depend on them, so that they can be done in place.
    /// </summary>
    internal static IReadOnlyList<Node> Order(StepGraph step)
    {
        var late = new HashSet<Node>();
        var updated = step.Assignments.Select(a => a.Value.Node).ToHashSet();
        var live = step.LiveNodes();
        foreach (var node in live)
            if (updated.Contains(node) || node.Inputs.Any(i => late.Contains(i.Node)))
                late.Add(node);
        return ChecksFollowValues([.. live.Where(n => !late.Contains(n)).Concat(live.Where(late.Contains)).Where(n => n.Op is not LeafOp)]);
    }

    // A finite flag is asked as soon as its values are there: behind every value of a step, the flags would otherwise keep all of them alive.
    private static IReadOnlyList<Node> ChecksFollowValues(IReadOnlyList<Node> order)
    {
        var (at, flags) = (new Dictionary<Node, int>(), new Dictionary<int, List<Node>>());
        for (var i = 0; i < order.Count; i++) at[order[i]] = i;
        foreach (var node in order)
            if (node.Op is FiniteOp && node.Inputs.Select(x => at.GetValueOrDefault(x.Node, -1)).Max() is var last and >= 0)
                (flags.TryGetValue(last, out var list) ? list : flags[last] = []).Add(node);
        var moved = flags.Values.SelectMany(f => f).ToHashSet();
        return [.. order.SelectMany((node, i) => moved.Contains(node) ? [] : (Node[])[node, .. flags.GetValueOrDefault(i) ?? []])];
    }
}
