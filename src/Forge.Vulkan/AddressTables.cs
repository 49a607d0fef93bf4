using System.Buffers.Binary;

namespace Forge.Vulkan;

/// <summary>The tables of addresses of a recording's dispatches, and the buffer to which checked kernels report; see buffers.glsl.</summary>
internal sealed class AddressTables : IDisposable
{
    private const int HeaderBytes = 16, EntryBytes = 16, FaultBytes = 32;
    private readonly IReadOnlyList<RecordedStep> _steps;
    private readonly DeviceBuffer? _buffer;
    private readonly Transfers _transfers;
    private readonly long[] _offsets;

    /// <summary>Lays out and writes the tables of the steps that use one.</summary>
    public AddressTables(Device device, Transfers transfers, IReadOnlyList<RecordedStep> steps)
    {
        (_steps, _transfers, _offsets) = (steps, transfers, new long[steps.Count]);
        long end = FaultBytes;
        for (var i = 0; i < steps.Count; i++)
            if (steps[i] is RecordedDispatch { Pipeline.Push.UsesTable: true } dispatch)
            {
                _offsets[i] = end;
                end += HeaderBytes + EntryBytes * dispatch.Bindings.Count;
            }
        if (end == FaultBytes)
            return;
        _buffer = new DeviceBuffer(device, end, MemoryUse.Device, "address tables");
        try
        {
            var bytes = new byte[end];
            for (var i = 0; i < steps.Count; i++)
                if (_offsets[i] != 0)
                    WriteTable(bytes.AsSpan((int)_offsets[i]), i, ((RecordedDispatch)steps[i]).Bindings);
            transfers.Upload(new(_buffer, 0, end), bytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The address of a step's table.</summary>
    public ulong Address(int step) => _buffer!.Address + (ulong)_offsets[step];

    /// <summary>Throws what a checked kernel reported since the last call, and clears it.</summary>
    /// <exception cref="BoundsException">A kernel left a slice.</exception>
    public void ThrowFault()
    {
        if (_buffer is null)
            return;
        Span<byte> fault = stackalloc byte[FaultBytes];
        var slice = new BufferSlice(_buffer, 0, FaultBytes);
        _transfers.Download(slice, fault);
        if (BinaryPrimitives.ReadUInt32LittleEndian(fault) == 0)
            return;
        var (op, binding) = (BinaryPrimitives.ReadInt32LittleEndian(fault[4..]), BinaryPrimitives.ReadInt32LittleEndian(fault[8..]));
        var (index, kind) = (BinaryPrimitives.ReadUInt32LittleEndian(fault[12..]), BinaryPrimitives.ReadUInt32LittleEndian(fault[16..]));
        _transfers.Upload(slice, new byte[FaultBytes]);
        var step = (RecordedDispatch)_steps[op];
        throw new BoundsException(step.Name, step.Pipeline.Name, binding, index, step.Bindings[binding].Slice.Bytes / 4, isStore: (kind & 1) != 0, isMisaligned: (kind & 2) != 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer?.Dispose();

    private void WriteTable(Span<byte> table, int step, IReadOnlyList<BufferAccess> bindings)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(table, _buffer!.Address);
        BinaryPrimitives.WriteInt32LittleEndian(table[8..], step);
        for (var b = 0; b < bindings.Count; b++)
        {
            var entry = table[(HeaderBytes + EntryBytes * b)..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, bindings[b].Slice.Address);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], checked((uint)(bindings[b].Slice.Bytes / 4))); // every element type is a word
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], b);
        }
    }
}
