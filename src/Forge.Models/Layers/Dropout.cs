using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>While training, sets a random fraction of the elements to zero and divides the others by what is left of one.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Dropout : ShapePreservingLayer
{
    private readonly float _rate;

    /// <summary>A dropout layer.</summary>
    /// <param name="rate">The fraction set to zero, in [0, 1).</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ForgeException">The rate is outside [0, 1).</exception>
    public Dropout(float rate, string? name = null) : base(name)
    {
        if (rate is not (>= 0 and < 1)) throw new ForgeException($"Dropout rate {rate} must be at least 0 and less than 1.");
        _rate = rate;
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => training && _rate > 0 ? x.Dropout(_rate) : x;
}
