using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Copies between host memory and buffers: directly where a buffer is mapped, else through a staging buffer.</summary>
internal sealed unsafe class Transfers : IDisposable
{
    private const int StagingBytes = 16 << 20;
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

    /// <summary>Bytes sent to the device so far.</summary>
    public long UploadedBytes { get; private set; }

    /// <summary>Bytes fetched from the device so far.</summary>
    public long DownloadedBytes { get; private set; }

    /// <summary>Copies <paramref name="source"/> to the start of <paramref name="target"/>.</summary>
    public void Upload(BufferSlice target, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, target.Bytes);
        lock (_lock)
        {
            UploadedBytes += source.Length;
            if (target.Buffer.IsMapped)
            {
                source.CopyTo(target.Buffer.Span(target.Offset, source.Length));
                return;
            }
            var staging = Staging();
            for (var done = 0; done < source.Length; done += StagingBytes)
            {
                var part = source.Slice(done, Math.Min(StagingBytes, source.Length - done));
                part.CopyTo(staging.Span(0, part.Length));
                Copy(new(staging, 0, part.Length), target with { Offset = target.Offset + done, Bytes = part.Length }, $"uploading to {target.Buffer.Name}");
            }
        }
    }

    /// <summary>Copies the start of <paramref name="source"/> to <paramref name="target"/>.</summary>
    public void Download(BufferSlice source, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target.Length, source.Bytes);
        lock (_lock)
        {
            DownloadedBytes += target.Length;
            if (source.Buffer.IsMapped)
            {
                source.Buffer.Span(source.Offset, target.Length).CopyTo(target);
                return;
            }
            var staging = Staging();
            for (var done = 0; done < target.Length; done += StagingBytes)
            {
                var bytes = Math.Min(StagingBytes, target.Length - done);
                Copy(source with { Offset = source.Offset + done, Bytes = bytes }, new(staging, 0, bytes), $"reading {source.Buffer.Name}");
                staging.Span(0, bytes).CopyTo(target[done..]);
            }
        }
    }

    /// <summary>Fills a slice with zeros; its offset and length are multiples of 4.</summary>
    public void Zero(BufferSlice target)
    {
        lock (_lock)
        {
            if (target.Buffer.IsMapped)
            {
                for (long done = 0; done < target.Bytes; done += 1 << 30)
                    target.Buffer.Span(target.Offset + done, (int)Math.Min(1 << 30, target.Bytes - done)).Clear();
                return;
            }
            Submit($"clearing {target.Buffer.Name}", commands => _device.Vk.CmdFillBuffer(commands, target.Buffer.Handle, (ulong)target.Offset, (ulong)target.Bytes, 0));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _staging?.Dispose();
        _device.Vk.DestroyCommandPool(_device.Handle, _pool, null);
    }

    private DeviceBuffer Staging() => _staging ??= new(_device, StagingBytes, MemoryUse.Staging, "staging");

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
