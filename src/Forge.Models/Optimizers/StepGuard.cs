using System.Runtime.CompilerServices;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>
/// Lets a step change state only when everything watched is finite: weights, moments and batch statistics stay as they were otherwise.
/// </summary>
/// <remarks>One for each traced graph. A second optimizer in the same function watches more, so all updates are written again with the new flag.</remarks>
internal sealed class StepGuard
{
    private static readonly ConditionalWeakTable<Graph, StepGuard> s_ofGraph = [];

    private readonly List<Tensor> _watched = [];
    private readonly List<Func<Tensor, IEnumerable<Assignment>>> _updates = [];
    private readonly Dictionary<Parameter, Tensor> _guarded = [];

    /// <summary>The guard of a graph.</summary>
    public static StepGuard Of(Graph graph) => s_ofGraph.GetOrCreateValue(graph);

    /// <summary>Adds an update, and puts every assignment made before behind the flag.</summary>
    /// <param name="graph">The graph being traced.</param>
    /// <param name="watched">f32 values that must be finite.</param>
    /// <param name="update">Given the flag, what to assign.</param>
    public void Add(Graph graph, IEnumerable<Tensor> watched, Func<Tensor, IEnumerable<Assignment>> update)
    {
        _watched.AddRange(watched);
        foreach (var (parameter, value) in graph.Assignments)
            if (_guarded.GetValueOrDefault(parameter) != value)
                _updates.Add(flag => [new(parameter, flag.Select(value, graph.ReadFirst(parameter)))]);
        _updates.Add(update);

        var finite = graph.Finite = new FiniteOp().On([.. _watched]);
        foreach (var (parameter, value) in _updates.SelectMany(u => u(finite)).ToArray())
        {
            graph.Assign(parameter, value);
            _guarded[parameter] = value;
        }
    }
}
