namespace Forge.Core.Ops;

/// <summary>Maps a flat index over some extents to a place in another tensor: an offset and a step along each axis.</summary>
/// <param name="extents">What is walked, row-major.</param>
/// <param name="strides">The step along each axis, in elements of the other tensor; may be 0 or negative.</param>
/// <param name="offset">The place of index 0.</param>
internal readonly struct StridedIndex(IReadOnlyList<int> extents, IReadOnlyList<int> strides, int offset = 0)
{
    private readonly int[] _extents = [.. extents], _strides = [.. strides];

    /// <summary>The other tensor's index.</summary>
    public int At(int index)
    {
        var at = offset;
        for (var axis = _extents.Length - 1; axis >= 0; axis--)
        {
            at += index % _extents[axis] * _strides[axis];
            index /= _extents[axis];
        }
        return at;
    }
}
