using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>x, through which no gradient flows. A view: nothing is computed.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record StopGradientOp : Op
{
    public override bool IsView => true;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        inputs[0].Elements.CopyTo(outputs[0].Elements, 0);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}
