using Forge.Core.Ops;

namespace Forge.Core;

// What flows backwards.
public sealed partial class Tensor
{
    /// <summary>This value, through which no gradient flows.</summary>
    public Tensor StopGradient() => new StopGradientOp().On(this);

    /// <summary>A function with a gradient of your own in place of the one that its ops would give.</summary>
    /// <param name="forward">Computes the value from the inputs.</param>
    /// <param name="backward">Given the value's cotangent: what flows to each input, of its type; null where nothing flows. It may use values of <paramref name="forward"/>.</param>
    /// <param name="inputs">At least one; all of one graph. Nothing flows to other values that <paramref name="forward"/> uses.</param>
    public static Tensor CustomGradient(Func<IReadOnlyList<Tensor>, Tensor> forward, Func<Tensor, IReadOnlyList<Tensor?>> backward, params IReadOnlyList<Tensor> inputs)
    {
        var value = forward(inputs);
        return new CustomGradientOp(backward).On([value, .. inputs]);
    }

    /// <summary>A part of a function of which nothing is kept for the gradient but its inputs: it is computed again when the gradient is (gradient checkpointing).</summary>
    /// <param name="segment">The part: some values from the inputs. Called now, and again while gradients are traced; random draws repeat, state is assigned once.</param>
    /// <param name="inputs">At least one; all of one graph. Gradients flow to these and to whatever else the part reads, such as parameters.</param>
    /// <returns>The values.</returns>
    public static IReadOnlyList<Tensor> Checkpoint(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> segment, params IReadOnlyList<Tensor> inputs)
    {
        var graph = inputs[0].Graph;
        var (begin, own) = (graph.Moment, RecomputedOp.Of(inputs, []));
        var results = segment(own);
        return graph.Add(new CheckpointOp(segment, results.Count, inputs.Count, begin), [.. results, .. inputs, .. ReadBeside(own, results)]).Outputs;
    }

    // What the results are computed from that is not computed from the inputs: the last such values on each way.
    private static List<Tensor> ReadBeside(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> results)
    {
        var (graph, first) = (inputs[0].Graph, inputs[0].Node.Id);
        var within = new bool[graph.Nodes.Count];
        within[first] = true;
        for (var id = first + 1; id < within.Length; id++) within[id] = graph.Nodes[id].Inputs.Any(i => within[i.Node.Id]);
        var (beside, seen, open) = (new List<Tensor>(), new HashSet<Node>(), new Stack<Node>());
        foreach (var result in results) Follow(result);
        while (open.TryPop(out var node))
            foreach (var input in node.Inputs) Follow(input);
        return beside;

        void Follow(Tensor value)
        {
            if (value.Node.Id == first) return;
            if (!within[value.Node.Id])
            {
                if (value.Node.Op is not (ConstantOp or FullOp) && !beside.Contains(value)) beside.Add(value);
            }
            else if (seen.Add(value.Node))
            {
                open.Push(value.Node);
            }
        }
    }
}
