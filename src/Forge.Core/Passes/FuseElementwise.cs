using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Joins elementwise ops of one shape into chains, so that values between them never reach memory.</summary>
/// <remarks>
/// A producer joins its consumers when they all are in one chain: then no value is computed twice, nothing else has to be written and
/// no cycle can arise. A chain has at most <see cref="MostTensors"/> inputs and outputs, for their addresses travel in push constants.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
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
        return traced.Rewrite(at =>
        {
            if (at.Node.Op is not ElementwiseOp) return null;
            var chain = chains[at.Node];
            // Members before the last one are never read from outside; any value of the right type will do.
            return chain.Last == at.Node ? [Build(at, chain)] : [at.Graph.Full(at.Node.Outputs[0].Type, 0)];
        });
    }

    private sealed class Chain(Node last)
    {
        public Node Last { get; } = last;

        public List<Node> Members { get; } = [last];

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

    private static Tensor Build(Rewriting at, Chain chain)
    {
        var inputs = chain.Inputs().OrderBy(i => i.Node.Id).ThenBy(i => i.Index).ToList();
        var (steps, places) = (new List<FusedStep>(), new Dictionary<Tensor, int>());
        for (var i = 0; i < inputs.Count; i++) places[inputs[i]] = i;
        foreach (var member in chain.Members.OrderBy(m => m.Id))
        {
            foreach (var literal in member.Inputs.Where(i => IsLiteral(i) && !places.ContainsKey(i)))
                Append(literal, new LiteralOp(((FullOp)literal.Node.Op).Value, literal.DType), []);
            Append(member.Outputs[0], (ElementwiseOp)member.Op, [.. member.Inputs.Select(i => places[i])]);
        }
        var fused = new FusedElementwiseOp(inputs.Count, [.. steps], [steps.Count - 1], chain.Last.Outputs[0].Shape);
        return at.Graph.Add(fused, [.. inputs.Select(i => at.Map(i)!)]).Outputs[0];

        void Append(Tensor result, ElementwiseOp op, ValueList<int> operands)
        {
            places[result] = inputs.Count + steps.Count;
            steps.Add(new(op, operands, result.DType));
        }
    }
}
