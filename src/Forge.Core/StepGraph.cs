using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Core;

/// <summary>A traced function: a graph, what it returns and what it writes to state. Passes map one to another.</summary>
/// <param name="Graph">The nodes; some may be unreachable from the roots.</param>
/// <param name="Outputs">What the function returns.</param>
/// <param name="Assignments">What it writes to state when it ends.</param>
/// <param name="InputTypes">The types of its arguments.</param>
/// <threadsafety>Immutable.</threadsafety>
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
    /// <param name="replace">Called for each live node, in order: its replacement's outputs in the new graph, or null to copy it.</param>
    public StepGraph Rewrite(Func<Rewriting, IReadOnlyList<Tensor>?> replace)
    {
        var (graph, map) = (new Graph { Precision = Graph.Precision }, new Dictionary<Tensor, Tensor>());
        foreach (var node in LiveNodes())
        {
            var rewriting = new Rewriting(graph, node, map);
            var outputs = replace(rewriting) ?? graph.Add(node.Op, [.. rewriting.Inputs]).Outputs;
            for (var i = 0; i < outputs.Count; i++)
            {
                map[node.Outputs[i]] = outputs[i];
                if (node.Op is not LeafOp && outputs[i].Node.Op is not LeafOp) outputs[i].Node.Name ??= node.Name;
                if (node.Op is LeafOp && outputs[i].Node.Op == node.Op) outputs[i].Node.Name ??= node.Name;
            }
        }
        return new(graph, [.. Outputs.Select(o => map[o])], [.. Assignments.Select(a => a with { Value = map[a.Value] })], InputTypes);
    }
}

/// <summary>One node on its way into a new graph.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Rewriting
{
    private readonly Dictionary<Tensor, Tensor> _map;

    internal Rewriting(Graph graph, Node node, Dictionary<Tensor, Tensor> map)
    {
        (Graph, Node, _map) = (graph, node, map);
        Inputs = [.. node.Inputs.Select(i => map[i])];
    }

    /// <summary>The new graph.</summary>
    public Graph Graph { get; }

    /// <summary>The node of the old graph.</summary>
    public Node Node { get; }

    /// <summary>Its inputs, in the new graph.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>What an old value became; null if its node has not been rewritten yet.</summary>
    public Tensor? Map(Tensor old) => _map.GetValueOrDefault(old);
}
