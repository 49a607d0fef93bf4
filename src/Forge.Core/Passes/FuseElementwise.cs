using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Joins elementwise ops of one shape into chains, so that values between them never reach memory.</summary>
/// <remarks>
/// A producer joins its consumers when they all are in one chain: then no value is computed twice, nothing else has to be written and
/// no cycle can arise. A chain has at most <see cref="MostTensors"/> inputs and outputs, for their addresses travel in push constants.
/// </remarks>
public sealed class FuseElementwise : IPass
{
    /// <summary>Inputs and outputs of one chain at most: 8-byte addresses in 128 bytes of push constants, with room for the counts.</summary>
    public const int MostTensors = 12;

    /// <inheritdoc/>
    public string Name => "fuse elementwise";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var chains = Chains(traced);
        var built = new Dictionary<Node, Tensor>();     // by the chain's last node
        return traced.Rewrite((graph, node, inputs) =>
        {
            if (node.Op is not ElementwiseOp) return null;
            var chain = chains[node];
            // Members before the last one are never read from outside; any value of the right type will do.
            if (chain.Last != node) return [graph.Full(node.Outputs[0].Type, 0)];
            return [Build(graph, chain, outer => chain.NewInputs[outer])];
        }, (node, inputs) =>
        {
            if (node.Op is not ElementwiseOp) return;
            var chain = chains[node];
            for (var i = 0; i < inputs.Length; i++) chain.NewInputs.TryAdd(node.Inputs[i], inputs[i]);
        });
    }

    private sealed class Chain(Node last)
    {
        public Node Last { get; } = last;

        public List<Node> Members { get; } = [last];

        public Dictionary<Tensor, Tensor> NewInputs { get; } = [];

        public HashSet<Tensor> Inputs()
        {
            var made = Members.Select(m => m.Outputs[0]).ToHashSet();
            return [.. Members.SelectMany(m => m.Inputs).Where(i => !made.Contains(i) && !IsLiteral(i))];
        }
    }

    private static bool IsLiteral(Tensor tensor) => tensor.Node.Op is FullOp && tensor.DType.Bytes() == 4;

    private static Dictionary<Node, Chain> Chains(StepGraph step)
    {
        var (chains, live, roots) = (new Dictionary<Node, Chain>(), step.LiveNodes(), step.Roots.ToHashSet());
        var readers = new Dictionary<Node, List<Node>>();
        foreach (var node in live)
            foreach (var input in node.Inputs)
                (readers.TryGetValue(input.Node, out var list) ? list : readers[input.Node] = []).Add(node);
        foreach (var node in live.Reverse())
        {
            if (node.Op is not ElementwiseOp) continue;
            chains[node] = JoinReaders(node) ?? new Chain(node);
        }
        return chains;

        Chain? JoinReaders(Node node)
        {
            if (roots.Contains(node.Outputs[0]) || !readers.TryGetValue(node, out var list)) return null;
            var chain = chains.GetValueOrDefault(list[0]);
            if (chain is null || !list.TrueForAll(r => chains.GetValueOrDefault(r) == chain)) return null;
            if (!chain.Last.Outputs[0].Shape.Equals(node.Outputs[0].Shape)) return null;
            chain.Members.Add(node);
            if (chain.Inputs().Count + 1 <= MostTensors) return chain;
            chain.Members.RemoveAt(chain.Members.Count - 1);
            return null;
        }
    }

    private static Tensor Build(Graph graph, Chain chain, Func<Tensor, Tensor> map)
    {
        var inputs = chain.Inputs().OrderBy(i => i.Node.Id).ThenBy(i => i.Index).ToList();
        var (steps, at) = (new List<FusedStep>(), new Dictionary<Tensor, int>());
        for (var i = 0; i < inputs.Count; i++) at[inputs[i]] = i;
        foreach (var member in chain.Members.OrderBy(m => m.Id))
        {
            foreach (var literal in member.Inputs.Where(i => IsLiteral(i) && !at.ContainsKey(i)))
                Append(literal, new LiteralOp(((FullOp)literal.Node.Op).Value, literal.DType), []);
            Append(member.Outputs[0], (ElementwiseOp)member.Op, [.. member.Inputs.Select(i => at[i])]);
        }
        var fused = new FusedElementwiseOp(inputs.Count, [.. steps], [steps.Count - 1], chain.Last.Outputs[0].Shape);
        return graph.Add(fused, [.. inputs.Select(map)]).Outputs[0];

        void Append(Tensor result, ElementwiseOp op, ValueList<int> operands)
        {
            at[result] = inputs.Count + steps.Count;
            steps.Add(new(op, operands, result.DType));
        }
    }
}
