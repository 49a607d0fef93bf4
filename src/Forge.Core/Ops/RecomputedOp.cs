using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Its first inputs under other names: values from which something is computed that must not be one with an equal computation elsewhere. A view.</summary>
/// <param name="Values">How many values; further inputs only have to be there before.</param>
/// <param name="Place">What tells two such uses of the same values apart.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RecomputedOp(int Values, int Place) : Op
{
    public override bool IsView => true;

    /// <summary>Values under names of their own.</summary>
    /// <param name="values">At least one; all of one graph.</param>
    /// <param name="after">What is computed before anything that reads them.</param>
    public static IReadOnlyList<Tensor> Of(IReadOnlyList<Tensor> values, IReadOnlyList<Tensor> after)
    {
        var graph = values[0].Graph;
        return graph.Add(new RecomputedOp(values.Count, graph.Nodes.Count), [.. values, .. after]).Outputs;
    }

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [.. inputs.Take(Values)];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var i = 0; i < outputs.Count; i++) inputs[i].Elements.CopyTo(outputs[i].Elements, 0);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [.. node.Inputs.Select((_, i) => i < Values && cotangents.Flows(i) ? cotangents[i] : null)];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}
