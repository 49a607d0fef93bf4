using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Reads or writes the bytes of one part of a transfer.</summary>
/// <param name="at">Where the part starts, in bytes from the transfer's start.</param>
/// <param name="part">The part, in memory that the device reaches.</param>
internal delegate void PartAction(long at, Span<byte> part);

/// <summary>Copies between host memory and buffers: directly where a buffer is mapped, else through a staging buffer, part by part.</summary>
internal sealed unsafe class Transfers : IDisposable
{
    private const int MostMapped = 1 << 30;     // a Span holds less than 2 GiB
    private readonly Device _device;
    private readonly Lock _lock = new();
    private readonly CommandPool _pool;
    private readonly CommandBuffer _commands;
    private DeviceBuffer? _staging;

    /// <summary>Prepares transfers on <paramref name="device"/>.</summary>
    public Transfers(Device device)
    {
        _device = device;
        (_pool, _commands) = CommandBuffers.CreatePool(device, "transfers");
    }

    /// <summary>Cuts a length into parts, in order: where each starts and how long it is, in bytes.</summary>
    /// <param name="bytes">The length, which may be past 2 GiB.</param>
    /// <param name="most">A part's length at most.</param>
    public static TransferParts Parts(long bytes, int most) => new(bytes, most);

    /// <summary>Copies <paramref name="source"/> to the start of <paramref name="target"/>.</summary>
    public void Upload(BufferSlice target, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, target.Bytes);
        lock (_lock)
        {
            foreach (var (at, bytes) in Parts(source.Length, MostBytes(target)))
            {
                source.Slice((int)at, bytes).CopyTo(HostSide(target, at, bytes));
                Send(target, at, bytes);
            }
        }
    }

    /// <summary>Fills <paramref name="target"/> part by part.</summary>
    /// <param name="target">The slice.</param>
    /// <param name="fill">Writes one part; what it leaves out is undefined afterwards.</param>
    public void Upload(BufferSlice target, PartAction fill)
    {
        lock (_lock)
        {
            foreach (var (at, bytes) in Parts(target.Bytes, MostBytes(target)))
            {
                fill(at, HostSide(target, at, bytes));
                Send(target, at, bytes);
            }
        }
    }

    /// <summary>Copies the start of <paramref name="source"/> to <paramref name="target"/>.</summary>
    public void Download(BufferSlice source, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target.Length, source.Bytes);
        lock (_lock)
        {
            foreach (var (at, bytes) in Parts(target.Length, MostBytes(source)))
            {
                Fetch(source, at, bytes);
                HostSide(source, at, bytes).CopyTo(target[(int)at..]);
            }
        }
    }

    /// <summary>Reads <paramref name="source"/> part by part.</summary>
    /// <param name="source">The slice.</param>
    /// <param name="drain">Takes one part.</param>
    public void Download(BufferSlice source, PartAction drain)
    {
        lock (_lock)
        {
            foreach (var (at, bytes) in Parts(source.Bytes, MostBytes(source)))
            {
                Fetch(source, at, bytes);
                drain(at, HostSide(source, at, bytes));
            }
        }
    }

    /// <summary>Fills a slice with zeros; its offset and length are multiples of 4.</summary>
    public void Zero(BufferSlice target) => Fill(target, 0);

    /// <summary>Sets every word.</summary>
    /// <param name="target">Where; its offset and length are multiples of 4.</param>
    /// <param name="word">To what.</param>
    public void Fill(BufferSlice target, uint word)
    {
        lock (_lock)
        {
            if (target.Buffer.IsMapped)
            {
                foreach (var (at, bytes) in Parts(target.Bytes, MostMapped))
                    System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(target.Buffer.Span(target.Offset + at, bytes)).Fill(word);
                return;
            }
            Submit($"filling {target.Buffer.Name}", commands => _device.Vk.CmdFillBuffer(commands, target.Buffer.Handle, (ulong)target.Offset, (ulong)target.Bytes, word));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _staging?.Dispose();
        _device.Vk.DestroyCommandPool(_device.Handle, _pool, null);
    }

    private DeviceBuffer Staging => _staging ??= new(_device, _device.StagingBytes, MemoryUse.Staging, "staging");

    private int MostBytes(BufferSlice slice) => slice.Buffer.IsMapped ? MostMapped : _device.StagingBytes;

    // Where the host reaches a part: in the buffer itself, or in the staging buffer.
    private Span<byte> HostSide(BufferSlice slice, long at, int bytes) =>
        slice.Buffer.IsMapped ? slice.Buffer.Span(slice.Offset + at, bytes) : Staging.Span(0, bytes);

    private void Send(BufferSlice target, long at, int bytes)
    {
        if (!target.Buffer.IsMapped)
            Copy(new(Staging, 0, bytes), target with { Offset = target.Offset + at, Bytes = bytes }, $"uploading to {target.Buffer.Name}");
    }

    private void Fetch(BufferSlice source, long at, int bytes)
    {
        if (!source.Buffer.IsMapped)
            Copy(source with { Offset = source.Offset + at, Bytes = bytes }, new(Staging, 0, bytes), $"reading {source.Buffer.Name}");
    }

    private void Copy(BufferSlice from, BufferSlice to, string operation) => Submit(operation, commands =>
    {
        var region = new BufferCopy { SrcOffset = (ulong)from.Offset, DstOffset = (ulong)to.Offset, Size = (ulong)from.Bytes };
        _device.Vk.CmdCopyBuffer(commands, from.Buffer.Handle, to.Buffer.Handle, 1, &region);
    });

    private void Submit(string operation, Action<CommandBuffer> record)
    {
        CommandBuffers.Begin(_device, _commands, operation, once: true);
        CommandBuffers.Barrier(_device, _commands);
        record(_commands);
        CommandBuffers.Barrier(_device, _commands, host: true);
        _device.Vk.EndCommandBuffer(_commands).Check("vkEndCommandBuffer", operation);
        var commands = _commands;
        _device.Wait(_device.Submit(new ReadOnlySpan<CommandBuffer>(ref commands), operation), operation);
    }
}
