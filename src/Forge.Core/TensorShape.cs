using Forge.Core.Ops;

namespace Forge.Core;

// Shapes: the same elements elsewhere. Negative axes count from the end.
public sealed partial class Tensor
{
    /// <summary>The same elements under another shape: a view.</summary>
    /// <param name="shape">As many elements.</param>
    public Tensor Reshape(Shape shape) => Shape.Equals(shape) ? this : new ReshapeOp(shape).On(this);

    /// <inheritdoc cref="Reshape(Shape)"/>
    /// <param name="extents">Slowest first; one may be -1 and is then worked out.</param>
    public Tensor Reshape(params ReadOnlySpan<int> extents)
    {
        var unknown = extents.IndexOf(-1);
        if (unknown < 0) return Reshape(new Shape(extents));
        var (own, known) = (extents.ToArray(), 1L);
        for (var axis = 0; axis < own.Length; axis++)
            if (axis != unknown) known *= own[axis];
        if (known <= 0 || Shape.Count % known != 0)
            throw new ShapeException($"{this} cannot become ({string.Join(", ", own)}): {Shape.Count} elements are no multiple of {known}.");
        own[unknown] = (int)(Shape.Count / known);
        return Reshape(new Shape(own));
    }

    /// <summary>A new axis of extent 1.</summary>
    /// <param name="axis">Where it will be; -1 is last.</param>
    public Tensor ExpandDims(int axis)
    {
        var extents = Shape.ToList();
        extents.Insert(axis < 0 ? axis + Shape.Rank + 1 : axis, 1);
        return Reshape(new Shape([.. extents]));
    }

    /// <summary>Drops an axis of extent 1.</summary>
    /// <exception cref="ShapeException">Its extent is not 1.</exception>
    public Tensor Squeeze(int axis)
    {
        var own = Shape.Axis(axis);
        if (Shape[own] != 1) throw new ShapeException($"Axis {axis} of {this} has extent {Shape[own]}; only an axis of extent 1 can go.");
        return Reshape(new Shape([.. Shape.Where((_, a) => a != own)]));
    }

    /// <summary>Axes in another order: see <see cref="TransposeOp"/>.</summary>
    /// <param name="permutation">Which axis comes where; none reverses the order.</param>
    public Tensor Transpose(params ReadOnlySpan<int> permutation)
    {
        ValueList<int> order = permutation.Length == 0 ? [.. Enumerable.Range(0, Shape.Rank).Reverse()] : OwnAxes(permutation);
        return order.SequenceEqual(Enumerable.Range(0, Shape.Rank)) ? this : new TransposeOp(order).On(this);
    }

    /// <summary>A box: see <see cref="SliceOp"/>.</summary>
    /// <param name="starts">The first index along each axis.</param>
    /// <param name="counts">How many along each axis.</param>
    /// <param name="steps">The distance between neighbours along each axis; ones when left out.</param>
    public Tensor Slice(ReadOnlySpan<int> starts, ReadOnlySpan<int> counts, ReadOnlySpan<int> steps = default) =>
        new SliceOp([.. starts], [.. counts], steps.Length == 0 ? Ones(Shape.Rank) : [.. steps]).On(this);

    /// <summary>Part of one axis, all of the others.</summary>
    /// <param name="axis">Which axis.</param>
    /// <param name="start">The first index.</param>
    /// <param name="count">How many.</param>
    /// <param name="step">The distance between neighbours; -1 reads backwards.</param>
    public Tensor SliceAxis(int axis, int start, int count, int step = 1)
    {
        var own = Shape.Axis(axis);
        int[] starts = new int[Shape.Rank], counts = [.. Shape], steps = [.. Ones(Shape.Rank)];
        (starts[own], counts[own], steps[own]) = (start, count, step);
        return Slice(starts, counts, steps);
    }

    /// <summary>The elements in reverse order along an axis.</summary>
    public Tensor Flip(int axis) => SliceAxis(axis, Shape[Shape.Axis(axis)] - 1, Shape[Shape.Axis(axis)], -1);

    /// <summary>Tensors one after another along an axis.</summary>
    /// <exception cref="ShapeException">Other extents differ, or there is no tensor.</exception>
    public static Tensor Concat(int axis, params ReadOnlySpan<Tensor> tensors) => tensors.Length switch
    {
        0 => throw new ShapeException("Concat needs at least one tensor."),
        1 => tensors[0],
        _ => new ConcatOp(tensors[0].Shape.Axis(axis)).On(tensors),
    };

    /// <summary>Tensors of one shape, stacked along a new axis.</summary>
    public static Tensor Stack(int axis, params ReadOnlySpan<Tensor> tensors)
    {
        var expanded = new Tensor[tensors.Length];
        for (var i = 0; i < expanded.Length; i++) expanded[i] = tensors[i].ExpandDims(axis);
        return Concat(axis, expanded);
    }

    /// <summary>Elements of one value around the tensor.</summary>
    /// <param name="before">How many before the first, along each axis; none negative.</param>
    /// <param name="after">How many after the last, along each axis; none negative.</param>
    /// <param name="value">Their value.</param>
    public Tensor Pad(ReadOnlySpan<int> before, ReadOnlySpan<int> after, float value = 0)
    {
        if (before.Length != Shape.Rank || after.Length != Shape.Rank)
            throw new ShapeException($"Pad: {before.Length} and {after.Length} widths for {this}, of rank {Shape.Rank}. Give one on each side of every axis.");
        var extents = new int[Shape.Rank];
        for (var axis = 0; axis < extents.Length; axis++)
        {
            if (before[axis] < 0 || after[axis] < 0)
                throw new ShapeException($"Pad: widths {before[axis]} and {after[axis]} of axis {axis} of {this}: neither may be negative. Use Slice to cut.");
            extents[axis] = checked(before[axis] + Shape[axis] + after[axis]);
        }
        return new PadOp(new Shape(extents), [.. before], Ones(Shape.Rank), value).On(this);
    }

    /// <summary>Stretched to a shape: extents of 1 repeat, leading axes are added.</summary>
    public Tensor BroadcastTo(Shape shape) => Shape.Equals(shape) ? this : new BroadcastToOp(shape).On(this);

    /// <summary>Sums over the axes along which <paramref name="shape"/> would be stretched to this one: the VJP of broadcasting.</summary>
    /// <exception cref="ShapeException">It would not stretch to this one.</exception>
    public Tensor SumTo(Shape shape)
    {
        if (Shape.Equals(shape)) return this;
        if (!Shape.Broadcast(shape, Shape).Equals(Shape)) throw new ShapeException($"SumTo: {shape} does not stretch to {this}.");
        var added = Shape.Rank - shape.Rank;
        ValueList<int> stretched = [.. Enumerable.Range(0, Shape.Rank).Where(a => a < added || (shape[a - added] == 1 && Shape[a] != 1))];
        return (stretched.Count == 0 ? this : new ReduceOp(Reduction.Sum, stretched, KeepDims: false).On(this)).Reshape(shape);
    }

    private static ValueList<int> Ones(int rank) => [.. Enumerable.Repeat(1, rank)];

    private ValueList<int> OwnAxes(ReadOnlySpan<int> axes)
    {
        var own = new int[axes.Length];
        for (var i = 0; i < own.Length; i++) own[i] = Shape.Axis(axes[i]);
        return [.. own];
    }
}
