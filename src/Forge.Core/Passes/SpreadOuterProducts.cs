using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Makes a product of one term an elementwise one, of a column and a row: nothing is summed, and it fuses with what reads it.</summary>
/// <remarks>The gradient of a dense layer of one unit, such as a discriminator's last, is such a product.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed class SpreadOuterProducts : IPass
{
    /// <inheritdoc/>
    public string Name => "spread outer products";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced.Rewrite(at =>
    {
        if (at.Node.Op is not MatMulOp { WithColumnSums: false, Epilogue.IsNone: true } product || at.Inputs.Any(i => i.Shape.Rank != 2 || i.DType != DType.F32)) return null;
        var (m, n, k) = product.Extents(at.Inputs[0].Shape, at.Inputs[1].Shape);
        return k == 1 ? [at.Inputs[0].Reshape(m, 1) * at.Inputs[1].Reshape(1, n)] : null;
    });
}
