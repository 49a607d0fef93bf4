using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A penalty on a weight, added to the loss: l1 · Σ|w| + l2 · Σw² (Keras's form; the gradient of the second is 2·l2·w).</summary>
/// <param name="L1">The factor of the sum of magnitudes; at least 0.</param>
/// <param name="L2">The factor of the sum of squares; at least 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Regularizer(float L1 = 0, float L2 = 0)
{
    /// <summary>A penalty on magnitudes.</summary>
    public static Regularizer OfL1(float factor = 0.01f) => new(L1: factor);

    /// <summary>A penalty on squares.</summary>
    public static Regularizer OfL2(float factor = 0.01f) => new(L2: factor);

    /// <summary>The penalty on a weight: f32 ().</summary>
    public Tensor Of(Tensor weight)
    {
        Tensor? penalty = null;
        if (L1 != 0) penalty = weight.Abs().Sum() * L1;
        if (L2 != 0)
        {
            var squares = weight.SumSquares() * L2;
            penalty = penalty is null ? squares : penalty + squares;
        }
        return penalty ?? weight.Graph.Constant(0f);
    }
}
