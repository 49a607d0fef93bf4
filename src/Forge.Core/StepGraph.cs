using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Core;

/// <summary>A traced function: a graph, what it returns and what it writes to state. Passes map one to another.</summary>
/// <param name="Graph">The nodes; some may be unreachable from the roots.</param>
/// <param name="Outputs">What the function returns.</param>
/// <param name="Assignments">What it writes to state when it ends.</param>
/// <param name="InputTypes">The types of its arguments.</param>
public sealed record StepGraph(Graph Graph, IReadOnlyList<Tensor> Outputs, IReadOnlyList<Assignment> Assignments, IReadOnlyList<TensorType> InputTypes)
{
    /// <summary>Every value that must be computed for its own sake.</summary>
    public IEnumerable<Tensor> Roots => Outputs.Concat(Assignments.Select(a => a.Value));

    /// <summary>The nodes that the roots need, in order.</summary>
    public IReadOnlyList<Node> LiveNodes()
    {
        var needed = GraphEvaluator.Needed(Graph, Roots);
        return [.. Graph.Nodes.Where(n => needed[n.Id])];
    }

    /// <summary>How many live nodes, and roots, read each value.</summary>
    public Dictionary<Tensor, int> UseCounts()
    {
        var counts = new Dictionary<Tensor, int>();
        foreach (var tensor in LiveNodes().SelectMany(n => n.Inputs).Concat(Roots))
            counts[tensor] = counts.GetValueOrDefault(tensor) + 1;
        return counts;
    }

    /// <summary>Copies the live part into a new graph, replacing nodes on the way.</summary>
    /// <param name="replace">
    /// Given the new graph, a live node and its inputs already in the new graph: its replacement's outputs, or null to copy it.
    /// </param>
    /// <param name="visit">Called first for each live node with its inputs in the new graph.</param>
    public StepGraph Rewrite(Func<Graph, Node, Tensor[], IReadOnlyList<Tensor>?> replace, Action<Node, Tensor[]>? visit = null)
    {
        var (graph, map) = (new Graph(), new Dictionary<Tensor, Tensor>());
        foreach (var node in LiveNodes())
        {
            Tensor[] inputs = [.. node.Inputs.Select(i => map[i])];
            visit?.Invoke(node, inputs);
            var outputs = replace(graph, node, inputs);
            if (outputs is null)
            {
                var copy = graph.Add(node.Op, inputs);
                copy.Name ??= node.Name;
                outputs = copy.Outputs;
            }
            for (var i = 0; i < outputs.Count; i++)
            {
                map[node.Outputs[i]] = outputs[i];
                if (outputs[i].Node.Op is not LeafOp) outputs[i].Node.Name ??= node.Name;
            }
        }
        return new(graph, [.. Outputs.Select(o => map[o])], [.. Assignments.Select(a => a with { Value = map[a.Value] })], InputTypes);
    }
}
