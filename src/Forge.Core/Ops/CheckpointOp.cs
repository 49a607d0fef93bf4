using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The results of a part of a function that is computed again for its gradient, so that nothing within it is kept until then. A view of its first inputs.</summary>
/// <param name="Segment">The part: the results from its inputs. Two ops are equal when this is the same delegate.</param>
/// <param name="Results">How many results.</param>
/// <param name="Arguments">How many inputs the part is a function of; they follow the results, and what else it reads follows them.</param>
/// <param name="Begin">The random streams and the assigned state with which the part began.</param>
/// <remarks>Made by <see cref="Tensor.Checkpoint"/>.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CheckpointOp(Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Segment, int Results, int Arguments, GraphMoment Begin) : Op
{
    public override bool IsView => true;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [.. inputs.Take(Results)];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var i = 0; i < outputs.Count; i++) inputs[i].Elements.CopyTo(outputs[i].Elements, 0);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var graph = node.Graph;
        int[] flowing = [.. Enumerable.Range(0, Results).Where(cotangents.Flows)];
        Tensor[] flows = [.. flowing.Select(i => cotangents[i])];
        // The inputs as values that what flows back precedes: equal nodes are one node, and these must not be those of the first time.
        var inputs = RecomputedOp.Of([.. node.Inputs.Skip(Results).Take(Arguments)], flows);
        IReadOnlyList<Tensor> results;
        using (graph.Repeat(Begin)) results = Segment(inputs);
        Tensor[] sources = [.. inputs, .. node.Inputs.Skip(Results + Arguments)];
        int[] smooth = [.. Enumerable.Range(0, sources.Length).Where(i => sources[i].DType.IsFloat())];
        // Not through the inputs: what flows on from them is the caller's, who would count it twice.
        var gradients = Grad.Of([.. flowing.Select(i => results[i])], [.. smooth.Select(i => sources[i])], flows, after: inputs[0].Node.Id);
        var back = new Tensor?[node.Inputs.Count];
        for (var i = 0; i < smooth.Length; i++) back[Results + smooth[i]] = gradients[i];
        return back;
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}
