namespace Forge.Vulkan;

/// <summary>A range of bytes of a buffer.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Offset">Where it starts, in bytes.</param>
/// <param name="Bytes">Its length, in bytes.</param>
internal readonly record struct BufferSlice(DeviceBuffer Buffer, long Offset, long Bytes)
{
    /// <summary>The device address of its first byte.</summary>
    public ulong Address => Buffer.Address + (ulong)Offset;

    /// <summary>Whether two slices share a byte.</summary>
    public bool Overlaps(BufferSlice other) =>
        ReferenceEquals(Buffer, other.Buffer) && Offset < other.Offset + other.Bytes && other.Offset < Offset + Bytes;
}
