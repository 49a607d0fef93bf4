using Forge.Core.Ops;

namespace Forge.Core.Reference;

/// <summary>Evaluates a graph node by node in fp64: the meaning that every plan must keep.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class GraphEvaluator
{
    /// <summary>The values of some tensors.</summary>
    /// <param name="wanted">Values of one graph.</param>
    /// <param name="leaf">The value of each argument, parameter and host scalar that is reached.</param>
    public static IReadOnlyList<ReferenceTensor> Evaluate(IReadOnlyList<Tensor> wanted, Func<LeafOp, ReferenceTensor> leaf)
    {
        if (wanted.Count == 0) return [];
        var graph = wanted[0].Graph;
        var needed = Needed(graph, wanted);
        var values = new Dictionary<Tensor, ReferenceTensor>();
        foreach (var node in graph.Nodes)
        {
            if (!needed[node.Id]) continue;
            foreach (var (output, value) in node.Outputs.Zip(Evaluate(node, [.. node.Inputs.Select(i => values[i])], leaf))) values[output] = value;
        }
        return [.. wanted.Select(w => values[w])];
    }

    /// <summary>The outputs of one node.</summary>
    public static IReadOnlyList<ReferenceTensor> Evaluate(Node node, IReadOnlyList<ReferenceTensor> inputs, Func<LeafOp, ReferenceTensor> leaf)
    {
        switch (node.Op)
        {
            case ConstantOp constant: return [ReferenceTensor.From(constant.Value)];
            case LeafOp op and not FullOp: return [leaf(op)];
            default:
                IReadOnlyList<ReferenceTensor> outputs = [.. node.Outputs.Select(o => new ReferenceTensor(o.Type))];
                node.Op.Reference(inputs, outputs);
                return outputs;
        }
    }

    /// <summary>Which nodes these values need, by node id.</summary>
    public static bool[] Needed(Graph graph, IEnumerable<Tensor> wanted)
    {
        var needed = new bool[graph.Nodes.Count];
        foreach (var tensor in wanted) needed[tensor.Node.Id] = true;
        for (var id = needed.Length - 1; id >= 0; id--)
            if (needed[id])
                foreach (var input in graph.Nodes[id].Inputs) needed[input.Node.Id] = true;
        return needed;
    }
}
