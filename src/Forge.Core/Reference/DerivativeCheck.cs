using Forge.Core.Ops;

namespace Forge.Core.Reference;

/// <summary>How far an op's derivatives are from what they must be, each relative to the size of what is compared; the largest over the op's outputs.</summary>
/// <param name="Vjp">⟨u, J v⟩ by central differences of the reference against ⟨Jᵀ u, v⟩ by the VJP, relative to |u||J v| + |Jᵀ u||v|.</param>
/// <param name="Adjoint">⟨u, J v⟩ against ⟨Jᵀ u, v⟩ where J v is the VJP of the VJP: nothing is approximate, so this is rounding alone.</param>
/// <param name="Pushed">That J v against central differences, by element.</param>
/// <param name="Second">The derivative of a VJP by its own VJPs against central differences of it.</param>
/// <param name="Steepest">The norm of the largest gradient met: a VJP that is zero agrees with a constant.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DerivativeGaps(double Vjp, double Adjoint, double Pushed, double Second, double Steepest)
{
    /// <summary>Says which is too large; null where none is. A NaN is.</summary>
    public string? Problem =>
        TooLarge("the VJP and finite differences of the reference", Vjp, DerivativeCheck.VjpTolerance)
        ?? TooLarge("the VJP and the VJP of the VJP, which must be its adjoint,", Adjoint, DerivativeCheck.AdjointTolerance)
        ?? TooLarge("the VJP of the VJP and finite differences of the reference", Pushed, DerivativeCheck.SecondTolerance)
        ?? TooLarge("the second derivative and finite differences of the first", Second, DerivativeCheck.SecondTolerance);

    /// <summary>The larger gap of derivatives of derivatives.</summary>
    public double OfSecond => Math.Max(Second, Pushed);

    /// <summary>The larger of each.</summary>
    // Math.Max keeps a NaN.
    public DerivativeGaps Or(DerivativeGaps other) => new(Math.Max(Vjp, other.Vjp), Math.Max(Adjoint, other.Adjoint), Math.Max(Pushed, other.Pushed),
        Math.Max(Second, other.Second), Math.Max(Steepest, other.Steepest));

    // Not greater than: a NaN is no agreement.
    private static string? TooLarge(string what, double gap, double tolerance) => gap <= tolerance ? null
        : $"{what} differ by {gap:G3} of what they are, more than {tolerance:G3}. Either is wrong, or the case lies at a kink of the function: draw inputs away from it.";
}

/// <summary>Compares an op's VJP, its VJP's VJP and its second derivatives with central differences of its fp64 reference, along random directions.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class DerivativeCheck
{
    /// <summary>The largest <see cref="DerivativeGaps.Vjp"/> of a right VJP whose inputs are away from kinks.</summary>
    public const double VjpTolerance = 1e-6;

    /// <summary>The largest <see cref="DerivativeGaps.Adjoint"/>.</summary>
    public const double AdjointTolerance = 1e-10;

    /// <summary>The largest <see cref="DerivativeGaps.Pushed"/> and <see cref="DerivativeGaps.Second"/>.</summary>
    public const double SecondTolerance = 1e-5;

    private const double Step = 1e-4;

    /// <summary>Whether an op comes after differentiation (chains, epilogues, roundings) or changes state, and so has no gradient.</summary>
    public static bool Declines(Op op) =>
        op is UpdateOp or AffineWarpOp or RoundToOp or FusedElementwiseOp or FusedReduceOp or MatMulOp { Epilogue.IsNone: false } or Conv2DOp { Epilogue.IsNone: false } or Conv3DOp { Epilogue.IsNone: false };

    /// <summary>The gaps of a case.</summary>
    /// <param name="sampled">The op and its inputs; the f32 ones are moved.</param>
    /// <param name="seed">Decides the directions.</param>
    /// <param name="second">Whether the VJP is differentiated, too; else those gaps are 0.</param>
    /// <returns>The gaps; null where the op has no gradient, or no f32 input or output with elements.</returns>
    /// <exception cref="GraphException">The op cannot be differentiated, and is none of those that <see cref="Declines"/> knows.</exception>
    public static DerivativeGaps? Of(OpCase sampled, ulong seed = 20, bool second = true)
    {
        var outputs = sampled.Op.Infer([.. sampled.Inputs.Select(x => x.Type)]).Count;
        DerivativeGaps? worst = null;
        // Of all outputs together, then of each alone.
        for (var output = outputs > 1 ? -1 : 0; output < outputs; output++)
        {
            var c = new CaseGraph(sampled, output < 0 ? null : output, seed);
            if (!c.IsDifferentiable || Declines(sampled.Op)) continue;
            var backward = Grad.Of(CaseGraph.Dot(c.Outputs, c.Cotangents), c.Wrt);
            var (adjoint, pushed) = second ? Adjoint(c, backward) : (0, 0);
            var gaps = new DerivativeGaps(Vjp(c, backward), adjoint, pushed, second ? Second(c, backward) : 0, c.Norm(backward));
            worst = worst?.Or(gaps) ?? gaps;
        }
        return worst;
    }

    private static double Vjp(CaseGraph c, IReadOnlyList<Tensor> backward)
    {
        var differences = c.Difference(c.Outputs, Step);
        var forward = differences.Zip(c.Cotangents, (d, u) => d.Zip(c.Value(u).Elements, (x, y) => x * y).Sum()).Sum();
        var scale = c.Norm(c.Cotangents) * Math.Sqrt(differences.Sum(d => d.Sum(x => x * x))) + c.Norm(backward) * c.Norm(c.Directions);
        // Below the last number nothing is told apart from the differences' own rounding; so below.
        return Math.Abs(forward - c.Value(CaseGraph.Dot(backward, c.Directions))[0]) / (scale + 1e-6);
    }

    // The gradient of <J'u, v> with respect to u is J v.
    private static (double Adjoint, double Pushed) Adjoint(CaseGraph c, IReadOnlyList<Tensor> backward)
    {
        var product = CaseGraph.Dot(backward, c.Directions);
        var pushed = Grad.Of(product, c.Cotangents);
        var scale = c.Norm(c.Cotangents) * c.Norm(pushed) + c.Norm(backward) * c.Norm(c.Directions);
        var adjoint = Math.Abs(c.Value(CaseGraph.Dot(c.Cotangents, pushed))[0] - c.Value(product)[0]) / (scale + 1e-4);
        var elements = 0.0;
        foreach (var (exact, difference) in pushed.Zip(c.Difference(c.Outputs, Step)))
        {
            var norm = c.Norm([exact]);
            foreach (var (x, y) in c.Value(exact).Elements.Zip(difference)) elements = Math.Max(elements, Math.Abs(x - y) / (Math.Abs(x) + 1 + norm));
        }
        return (adjoint, elements);
    }

    private static double Second(CaseGraph c, IReadOnlyList<Tensor> backward)
    {
        Tensor[] weights = [.. c.Wrt.Select(x => c.Argument(c.Random(x.Shape)))];
        var weighted = CaseGraph.Dot(backward, weights);
        var second = Grad.Of(weighted, c.Wrt);
        var (difference, exact) = (c.Difference([weighted], Step)[0][0], c.Value(CaseGraph.Dot(second, c.Directions))[0]);
        return Math.Abs(difference - exact) / (c.Norm(second) * c.Norm(c.Directions) + c.Norm(backward) * c.Norm(weights) + 1e-7);
    }
}
