namespace Forge.Core.Ops;

/// <summary>The VJP of a fused op by way of a composition of simpler ops that computes the same: for gradients of gradients.</summary>
internal static class ComposedVjp
{
    /// <summary>What flows to each input of a node.</summary>
    /// <param name="node">The use of the fused op.</param>
    /// <param name="cotangents">What flows into its outputs.</param>
    /// <param name="compose">The node's outputs from its inputs, by ops that have VJPs of their own.</param>
    public static IReadOnlyList<Tensor?> Of(Node node, Cotangents cotangents, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> compose)
    {
        // Values of its own for each input: one may be another, or depend on it, and only partial derivatives are wanted.
        Tensor[] inputs = [.. node.Inputs.Select((x, i) => new ArgumentOp(node.Id, i).On(x))];
        int[] places = [.. Enumerable.Range(0, inputs.Length).Where(i => inputs[i].DType.IsFloat())];
        var (outputs, back) = (compose(inputs), new Tensor?[inputs.Length]);
        for (var k = 0; k < outputs.Count; k++)
        {
            if (!cotangents.Flows(k)) continue;
            var gradients = Grad.Of(outputs[k], [.. places.Select(i => inputs[i])], cotangents[k]);
            for (var i = 0; i < places.Length; i++)
                if (gradients[i].Node.Op is not FullOp { Value: 0 })
                    back[places[i]] = back[places[i]] is { } sofar ? sofar + gradients[i] : gradients[i];
        }
        return back;
    }
}

/// <summary>An input of a composed VJP, as a value of its own. A view: nothing is computed.</summary>
/// <param name="Of">The id of the node whose input it is.</param>
/// <param name="Position">Which input.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ArgumentOp(int Of, int Position) : Op
{
    public override bool IsView => true;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

    public override void Reference(IReadOnlyList<Reference.ReferenceTensor> inputs, IReadOnlyList<Reference.ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0]];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}
