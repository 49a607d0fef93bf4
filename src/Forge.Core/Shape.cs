using System.Collections;
using System.Diagnostics;

namespace Forge.Core;

/// <summary>The extents of a tensor, slowest first. Two shapes with the same extents are equal.</summary>
/// <remarks>A scalar has rank 0 and one element. An extent may be 0: such a tensor is empty.</remarks>
/// <threadsafety>Immutable.</threadsafety>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Shape : IEquatable<Shape>, IReadOnlyList<int>
{
    private readonly int[] _extents;

    /// <summary>A shape of the given extents.</summary>
    /// <param name="extents">Slowest first; none for a scalar.</param>
    /// <exception cref="ShapeException">An extent is negative, or there are 2^31 elements or more (SPIR-V indexes are signed).</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        _extents = extents.ToArray();
        long count = 1;
        foreach (var extent in _extents)
        {
            if (extent < 0) throw new ShapeException($"Shape {this}: an extent is negative.");
            count = checked(count * extent);
            if (count > int.MaxValue)
                throw new ShapeException($"Shape {this} has 2^31 elements or more; shader indexes are signed 32-bit. Split the tensor, or use a smaller batch.");
        }
        Count = (int)count;
    }

    /// <summary>The shape of a single value.</summary>
    public static Shape Scalar { get; } = new();

    /// <summary>The number of elements; less than 2^31.</summary>
    public int Count { get; }

    /// <summary>The number of extents.</summary>
    public int Rank => _extents.Length;

    /// <summary>The number of extents, as <see cref="Rank"/>: what a collection expression that spreads a shape looks for before <see cref="Count"/>.</summary>
    public int Length => _extents.Length;

    int IReadOnlyCollection<int>.Count => _extents.Length;

    /// <summary>The extent of an axis; a negative axis counts from the end.</summary>
    public int this[int axis] => _extents[axis < 0 ? axis + _extents.Length : axis];

    /// <summary>The extents, slowest first.</summary>
    public ReadOnlySpan<int> Extents => _extents;

    /// <summary>Batch, height, width, channels of a rank-4 shape.</summary>
    /// <exception cref="ShapeException">The rank is not 4.</exception>
    public (int N, int H, int W, int C) Nhwc => Rank == 4
        ? (_extents[0], _extents[1], _extents[2], _extents[3])
        : throw new ShapeException($"Shape {this} has rank {Rank}; (batch, height, width, channels) was needed.");

    /// <summary>Batch, depth, height, width, channels of a rank-5 shape.</summary>
    /// <exception cref="ShapeException">The rank is not 5.</exception>
    public (int N, int D, int H, int W, int C) Ndhwc => Rank == 5
        ? (_extents[0], _extents[1], _extents[2], _extents[3], _extents[4])
        : throw new ShapeException($"Shape {this} has rank {Rank}; (batch, depth, height, width, channels) was needed.");

    /// <summary>Elements between neighbours along each axis, in a dense row-major tensor.</summary>
    public int[] Strides()
    {
        var strides = new int[Rank];
        for (int axis = Rank - 1, step = 1; axis >= 0; step *= _extents[axis--]) strides[axis] = step;
        return strides;
    }

    /// <summary>An axis counted from the front.</summary>
    /// <param name="axis">From -Rank to Rank - 1.</param>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(int axis) => axis >= -Rank && axis < Rank
        ? (axis < 0 ? axis + Rank : axis)
        : throw new ShapeException($"Axis {axis} does not exist in {this}; use {-Rank}..{Rank - 1}.");

    /// <summary>This shape with one extent replaced.</summary>
    public Shape With(int axis, int extent)
    {
        var extents = (int[])_extents.Clone();
        extents[Axis(axis)] = extent;
        return new(extents);
    }

    /// <summary>The shape both broadcast to: aligned at the last axis, an extent of 1 stretches.</summary>
    /// <exception cref="ShapeException">Two extents differ and neither is 1.</exception>
    public static Shape Broadcast(Shape a, Shape b)
    {
        if (a.Equals(b)) return a;
        var extents = new int[Math.Max(a.Rank, b.Rank)];
        for (var back = 1; back <= extents.Length; back++)
        {
            var (x, y) = (back <= a.Rank ? a[^back] : 1, back <= b.Rank ? b[^back] : 1);
            if (x != y && x != 1 && y != 1)
                throw new ShapeException($"Shapes {a} and {b} do not broadcast: extents {x} and {y}, {back} from the end, differ and neither is 1.");
            extents[^back] = x == 1 ? y : x;
        }
        return new(extents);
    }

    /// <summary>Strides to read a tensor of this shape as if it had the (broadcast) shape <paramref name="target"/>: 0 along stretched axes.</summary>
    /// <exception cref="ShapeException">It does not stretch to the target.</exception>
    public int[] BroadcastStrides(Shape target)
    {
        if (Rank > target.Rank || !Broadcast(this, target).Equals(target)) throw new ShapeException($"Shape {this} does not stretch to {target}.");
        var (own, strides) = (Strides(), new int[target.Rank]);
        for (var back = 1; back <= Rank; back++)
            strides[^back] = this[^back] == 1 && target[^back] != 1 ? 0 : own[^back];
        return strides;
    }

    private int this[Index index] => _extents[index];

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && _extents.AsSpan().SequenceEqual(other._extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var extent in _extents) hash.Add(extent);
        return hash.ToHashCode();
    }

    /// <summary>For example (32, 150, 150, 3); a scalar is ().</summary>
    public override string ToString() => $"({string.Join(", ", _extents)})";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_extents).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads a tuple as a shape, so that <c>(150, 150, 3)</c> can be written where a shape is needed.</summary>
    public static implicit operator Shape((int, int) extents) => new(extents.Item1, extents.Item2);

    /// <inheritdoc cref="op_Implicit(ValueTuple{int, int})"/>
    public static implicit operator Shape((int, int, int) extents) => new(extents.Item1, extents.Item2, extents.Item3);

    /// <inheritdoc cref="op_Implicit(ValueTuple{int, int})"/>
    public static implicit operator Shape((int, int, int, int) extents) => new(extents.Item1, extents.Item2, extents.Item3, extents.Item4);

    /// <inheritdoc cref="op_Implicit(ValueTuple{int, int})"/>
    public static implicit operator Shape(int[] extents) => new(extents);
}
