using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Rounds the two factors of every product and convolution, forward and in gradients, to 16 bits.</summary>
/// <remarks>
/// Runs after differentiation, so that no gradient has to pass through a rounding, and before everything else, so that roundings fuse with their
/// neighbours. Where the device multiplies the type itself the factors are stored in 16 bits; elsewhere the rounded values stay f32, which is the same
/// product, for every kernel there is. A value is rounded once, however many products read it.
/// </remarks>
/// <param name="operand">F16 or BF16.</param>
/// <param name="stored">Whether factors are stored in 16 bits.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class RoundOperands(DType operand, bool stored) : IPass
{
    /// <inheritdoc/>
    public string Name => "round operands";

    /// <summary>Applies the precision that the function was traced with.</summary>
    /// <param name="traced">The function, as traced.</param>
    /// <param name="traits">What multiplies.</param>
    public static StepGraph Lower(StepGraph traced, BackendTraits traits) => traced.Graph.Precision.Operand is { } operand
        ? new PassPipeline(new RoundOperands(operand, traits.MatrixOperands.Contains(operand))).Run(traced)
        : traced;

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced.Rewrite(at =>
        at.Node.Op is MatMulOp or Conv2DOp or Conv2DInputGradientOp or Conv2DWeightGradientOp or Conv3DOp or Conv3DInputGradientOp or Conv3DWeightGradientOp
            && at.Inputs[0].DType == DType.F32
            ? at.Graph.Add(at.Node.Op, [Rounded(at.Inputs[0]), Rounded(at.Inputs[1]), .. at.Inputs.Skip(2)]).Outputs
            : null);

    private Tensor Rounded(Tensor factor)
    {
        if (factor.Node.Op is WidenOp && factor.Node.Inputs[0].DType == operand) return stored ? factor.Node.Inputs[0] : factor;
        var rounded = stored ? factor.Cast(operand) : new RoundToOp(operand).On(factor);
        rounded.Node.Name ??= factor.Node.Name;
        return rounded;
    }
}
