using Forge.Core;

namespace Forge.Models.Training;

/// <summary>Parts of host tensors along the first axis.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class TensorRows
{
    /// <summary>Rows start to start + count − 1, copied.</summary>
    public static HostTensor Rows(this HostTensor whole, int start, int count)
    {
        var part = new HostTensor(whole.Type with { Shape = whole.Shape.With(0, count) });
        var bytes = RowBytes(whole);
        whole.Bytes.Slice(start * bytes, count * bytes).CopyTo(part.Bytes);
        return part;
    }

    /// <summary>The rows of these indexes, copied.</summary>
    public static HostTensor Rows(this HostTensor whole, ReadOnlySpan<int> indexes)
    {
        var part = new HostTensor(whole.Type with { Shape = whole.Shape.With(0, indexes.Length) });
        var bytes = RowBytes(whole);
        for (var i = 0; i < indexes.Length; i++) whole.Bytes.Slice(indexes[i] * bytes, bytes).CopyTo(part.Bytes[(i * bytes)..]);
        return part;
    }

    /// <summary>Steps start to start + count − 1 of sequences (n, t, ...), copied.</summary>
    public static HostTensor Steps(this HostTensor whole, int start, int count)
    {
        var part = new HostTensor(whole.Type with { Shape = whole.Shape.With(1, count) });
        var (row, step) = (RowBytes(whole), RowBytes(whole) / Math.Max(1, whole.Shape[1]));
        for (var n = 0; n < whole.Shape[0]; n++) whole.Bytes.Slice(n * row + start * step, count * step).CopyTo(part.Bytes[(n * count * step)..]);
        return part;
    }

    /// <summary>Overwrites rows from start on.</summary>
    public static void PutRows(this HostTensor whole, int start, HostTensor rows)
    {
        var bytes = RowBytes(whole);
        rows.Bytes[..(rows.Shape[0] * bytes)].CopyTo(whole.Bytes[(start * bytes)..]);
    }

    private static int RowBytes(HostTensor tensor) => tensor.Shape.Count / Math.Max(1, tensor.Shape[0]) * tensor.Type.DType.Bytes();
}
