using Forge.Core;

namespace Forge.Models.Optimizers;

/// <summary>Limits gradients before an update.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record Clipping
{
    /// <summary>Every element to [−limit, limit] (Keras's clipvalue).</summary>
    public static Clipping ByValue(float limit) => new ClipByValue(limit);

    /// <summary>Each parameter's gradient to a length of at most limit (Keras's clipnorm).</summary>
    public static Clipping ByNorm(float limit) => new ClipByNorm(limit);

    /// <summary>All gradients together to a length of at most limit (Keras's global_clipnorm).</summary>
    public static Clipping ByGlobalNorm(float limit) => new ClipByGlobalNorm(limit);

    /// <summary>One parameter's gradient, limited.</summary>
    internal virtual Tensor Each(Tensor gradient) => gradient;

    /// <summary>Packed gradients, limited element by element.</summary>
    /// <remarks>Apart from <see cref="Each"/>: a limit that makes infinite elements finite must not hide them from the step's guard.</remarks>
    internal virtual Tensor Elements(Tensor gradients) => gradients;

    /// <summary>What all gradients are multiplied by, f32 (); null for one.</summary>
    /// <param name="gradients">The packed gradients.</param>
    internal virtual Tensor? Factor(IReadOnlyList<Tensor> gradients) => null;

    /// <summary>min(1, limit / length): 1 for a gradient of zeros.</summary>
    private protected static Tensor Shrink(Tensor squares, float limit) =>
        // The division is by limit at least, so that a zero length is not divided by.
        limit / squares.Sqrt().Maximum(limit);
}

/// <summary>Every element to [−limit, limit].</summary>
/// <param name="Limit">Above 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClipByValue(float Limit) : Clipping
{
    internal override Tensor Elements(Tensor gradients) => gradients.Clip(-Limit, Limit);
}

/// <summary>Each parameter's gradient to a length of at most limit.</summary>
/// <param name="Limit">Above 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClipByNorm(float Limit) : Clipping
{
    internal override Tensor Each(Tensor gradient) => gradient * Shrink(gradient.SumSquares(), Limit);
}

/// <summary>All gradients together to a length of at most limit.</summary>
/// <param name="Limit">Above 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClipByGlobalNorm(float Limit) : Clipping
{
    internal override Tensor Factor(IReadOnlyList<Tensor> gradients) =>
        Shrink(gradients.Select(g => g.SumSquares()).Aggregate((a, b) => a + b), Limit);
}
