using Forge.Core.Ops;

namespace Forge.Core;

// Comparisons and choice. A mask is a u32 tensor of 0 and 1.
public sealed partial class Tensor
{
    /// <inheritdoc cref="CompareOp"/>
    public Tensor Compare(Comparison comparison, Tensor other) => new CompareOp(comparison).On(this, other);

    /// <summary>A mask of where this is less than the other; NaN is not.</summary>
    public Tensor Less(Tensor other) => Compare(Comparison.Less, other);

    /// <inheritdoc cref="Less(Tensor)"/>
    public Tensor Less(float other) => Less(Number(other));

    /// <summary>A mask of where this is less than the other or equal; NaN is not.</summary>
    public Tensor LessEqual(Tensor other) => Compare(Comparison.LessEqual, other);

    /// <inheritdoc cref="LessEqual(Tensor)"/>
    public Tensor LessEqual(float other) => LessEqual(Number(other));

    /// <summary>A mask of where this is greater than the other; NaN is not.</summary>
    public Tensor Greater(Tensor other) => Compare(Comparison.Greater, other);

    /// <inheritdoc cref="Greater(Tensor)"/>
    public Tensor Greater(float other) => Greater(Number(other));

    /// <summary>A mask of where this is greater than the other or equal; NaN is not.</summary>
    public Tensor GreaterEqual(Tensor other) => Compare(Comparison.GreaterEqual, other);

    /// <inheritdoc cref="GreaterEqual(Tensor)"/>
    public Tensor GreaterEqual(float other) => GreaterEqual(Number(other));

    /// <summary>A mask of where this equals the other; NaN equals nothing.</summary>
    public Tensor Equal(Tensor other) => Compare(Comparison.Equal, other);

    /// <inheritdoc cref="Equal(Tensor)"/>
    public Tensor Equal(float other) => Equal(Number(other));

    /// <summary>A mask of where this differs from the other; NaN differs from everything.</summary>
    public Tensor NotEqual(Tensor other) => Compare(Comparison.NotEqual, other);

    /// <inheritdoc cref="NotEqual(Tensor)"/>
    public Tensor NotEqual(float other) => NotEqual(Number(other));

    /// <summary>Where this u32 mask is not 0 the first value, else the second, with broadcasting of all three.</summary>
    public Tensor Select(Tensor chosen, Tensor otherwise) => new SelectOp().On(this, chosen, otherwise);

    /// <inheritdoc cref="Select(Tensor, Tensor)"/>
    public Tensor Select(Tensor chosen, float otherwise) => Select(chosen, chosen.Number(otherwise));

    /// <inheritdoc cref="Select(Tensor, Tensor)"/>
    public Tensor Select(float chosen, Tensor otherwise) => Select(otherwise.Number(chosen), otherwise);
}
