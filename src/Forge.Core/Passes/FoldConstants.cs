using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Core.Passes;

/// <summary>Computes, once and on the host, what depends on constants alone, and drops multiplications by one.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FoldConstants : IPass
{
    private const int MostElements = 1 << 16;

    /// <inheritdoc/>
    public string Name => "fold constants";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced.Rewrite(at =>
    {
        var (node, inputs) = (at.Node, at.Inputs);
        if (node.Op is LeafOp || inputs.Count == 0) return null;
        if (WithoutOne(node, inputs) is { } same) return [same];
        if (!inputs.All(IsConstant)) return null;
        if (Uniform(node, inputs) is { } value) return [at.Graph.Full(node.Outputs[0].Type, value)];
        if (inputs.Concat(node.Outputs).Any(t => t.Type.Count > MostElements)) return null;
        var results = node.OutputTypes.Select(t => new ReferenceTensor(t)).ToArray();
        node.Op.Reference([.. inputs.Select(Value)], results);
        return [.. results.Select(r => at.Graph.Constant(r.ToHost()))];
    });

    private static bool IsConstant(Tensor tensor) => tensor.Node.Op is ConstantOp or FullOp;

    // The same value everywhere in, the same value everywhere out.
    private static float? Uniform(Node node, IReadOnlyList<Tensor> inputs)
    {
        if (!inputs.All(i => i.Node.Op is FullOp)) return null;
        if (node.Op is ReshapeOp) return ((FullOp)inputs[0].Node.Op).Value;
        if (node.Op is not ElementwiseOp op) return null;
        var exact = op.Apply([.. inputs.Select(i => (double)((FullOp)i.Node.Op).Value)]);
        return node.Outputs[0].DType == DType.F32 || exact == (float)exact ? (float)exact : null;
    }

    private static ReferenceTensor Value(Tensor tensor)
    {
        if (tensor.Node.Op is ConstantOp constant) return ReferenceTensor.From(constant.Value);
        var full = new ReferenceTensor(tensor.Type);
        tensor.Node.Op.Reference([], [full]);
        return full;
    }

    private static Tensor? WithoutOne(Node node, IReadOnlyList<Tensor> inputs)
    {
        if (node.Op is not (MulOp or DivOp)) return null;
        if (IsOne(inputs[1]) && inputs[0].Type == node.Outputs[0].Type) return inputs[0];
        return node.Op is MulOp && IsOne(inputs[0]) && inputs[1].Type == node.Outputs[0].Type ? inputs[1] : null;

        static bool IsOne(Tensor tensor) => tensor.Node.Op is FullOp { Value: 1 };
    }
}
