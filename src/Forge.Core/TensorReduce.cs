using Forge.Core.Ops;

namespace Forge.Core;

// Reductions. No axes means all of them; negative axes count from the end.
public sealed partial class Tensor
{
    /// <summary>Σ x over all elements: a scalar.</summary>
    public Tensor Sum() => Reduce(Reduction.Sum, default, keepDims: false);

    /// <summary>Σ x over some axes.</summary>
    /// <param name="axes">Which; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay, with extent 1.</param>
    public Tensor Sum(ReadOnlySpan<int> axes, bool keepDims = false) => Reduce(Reduction.Sum, axes, keepDims);

    /// <summary>The mean of all elements: a scalar.</summary>
    public Tensor Mean() => Reduce(Reduction.Mean, default, keepDims: false);

    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    /// <summary>The mean over some axes.</summary>
    public Tensor Mean(ReadOnlySpan<int> axes, bool keepDims = false) => Reduce(Reduction.Mean, axes, keepDims);

    /// <summary>The largest element: a scalar. A NaN wins.</summary>
    public Tensor Max() => Reduce(Reduction.Max, default, keepDims: false);

    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    /// <summary>The largest element along some axes. A NaN wins; ties share the gradient evenly.</summary>
    public Tensor Max(ReadOnlySpan<int> axes, bool keepDims = false) => Reduce(Reduction.Max, axes, keepDims);

    /// <summary>The smallest element: a scalar. A NaN wins.</summary>
    public Tensor Min() => Reduce(Reduction.Min, default, keepDims: false);

    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    /// <summary>The smallest element along some axes. A NaN wins; ties share the gradient evenly.</summary>
    public Tensor Min(ReadOnlySpan<int> axes, bool keepDims = false) => Reduce(Reduction.Min, axes, keepDims);

    /// <summary>Σ x² over all elements: a scalar, the square of the norm.</summary>
    public Tensor SumSquares() => Reduce(Reduction.SumSquares, default, keepDims: false);

    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    /// <summary>Σ x² over some axes.</summary>
    public Tensor SumSquares(ReadOnlySpan<int> axes, bool keepDims = false) => Reduce(Reduction.SumSquares, axes, keepDims);

    /// <summary>The index of the largest element along an axis, u32: see <see cref="ArgMaxOp"/>.</summary>
    /// <param name="axis">Which; the last when left out.</param>
    /// <param name="keepDims">Whether the axis stays, with extent 1.</param>
    public Tensor ArgMax(int axis = -1, bool keepDims = false) => ArgMax([axis], keepDims);

    /// <summary>Where the largest element along some axes is, u32: its index, counted row-major over those axes in ascending order. See <see cref="ArgMaxOp"/>.</summary>
    /// <param name="axes">Which, in any order; none means all.</param>
    /// <param name="keepDims">Whether the axes stay, with extent 1.</param>
    public Tensor ArgMax(ReadOnlySpan<int> axes, bool keepDims = false)
    {
        var own = AxesOf(axes);
        return new ArgMaxOp(own).On(this).Reshape(ReduceOp.Reduced(Shape, own, keepDims));
    }

    private Tensor Reduce(Reduction kind, ReadOnlySpan<int> axes, bool keepDims) => new ReduceOp(kind, AxesOf(axes), keepDims).On(this);

    private ValueList<int> AxesOf(ReadOnlySpan<int> axes) => axes.Length == 0 ? [.. Enumerable.Range(0, Shape.Rank)] : [.. OwnAxes(axes).Order()];
}
