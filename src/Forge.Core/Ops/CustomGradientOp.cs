using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The first input, with a gradient for the others that somebody wrote. A view: nothing is computed.</summary>
/// <param name="Backward">
/// Given the cotangent of the result: what flows to each input after the first, as graph values; null where nothing flows.
/// Nothing flows to the first input. Two ops are equal when this is the same delegate.
/// </param>
/// <remarks>Made by <see cref="Tensor.CustomGradient"/>.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CustomGradientOp(Func<Tensor, IReadOnlyList<Tensor?>> Backward) : Op
{
    public override bool IsView => true;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var back = Backward(cotangents[0]);
        if (back.Count != node.Inputs.Count - 1)
            throw new GraphException($"{node}: its backward function returned {back.Count} values for {node.Inputs.Count - 1} inputs. Return one for each, null where nothing flows.");
        return [null, .. back];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}
