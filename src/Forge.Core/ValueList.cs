using System.Collections;
using System.Runtime.CompilerServices;

namespace Forge.Core;

/// <summary>A short immutable list that is equal to another with the same elements: what an op record holds.</summary>
/// <threadsafety>Immutable.</threadsafety>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public sealed class ValueList<T>(ReadOnlySpan<T> elements) : IReadOnlyList<T>, IEquatable<ValueList<T>> where T : IEquatable<T>
{
    private readonly T[] _elements = elements.ToArray();

    /// <summary>The number of elements.</summary>
    public int Count => _elements.Length;

    /// <summary>The element at a place.</summary>
    public T this[int index] => _elements[index];

    /// <summary>The elements.</summary>
    public ReadOnlySpan<T> Span => _elements;

    /// <inheritdoc/>
    public bool Equals(ValueList<T>? other) => other is not null && _elements.AsSpan().SequenceEqual(other._elements);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var element in _elements) hash.Add(element);
        return hash.ToHashCode();
    }

    /// <summary>For example [0, 2].</summary>
    public override string ToString() => $"[{string.Join(", ", _elements)}]";

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_elements).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Builds <see cref="ValueList{T}"/> from collection expressions.</summary>
/// <threadsafety>Immutable.</threadsafety>
public static class ValueList
{
    /// <summary>A list of these elements.</summary>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> elements) where T : IEquatable<T> => new(elements);
}
