using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Device memory that outlives plans.</summary>
internal sealed class VulkanStateBlock : StateBlock
{
    private readonly VulkanBackend _backend;

    public VulkanStateBlock(VulkanBackend backend, string name, long bytes) : base(name, bytes)
    {
        _backend = backend;
        Buffer = new DeviceBuffer(backend.Device, Math.Max(bytes, 4), MemoryUse.Device, name);
        try
        {
            backend.Transfers.Zero(new(Buffer, 0, Buffer.Bytes));
        }
        catch
        {
            Buffer.Dispose();
            throw;
        }
    }

    /// <summary>The memory.</summary>
    public DeviceBuffer Buffer { get; }

    /// <inheritdoc/>
    public override void Write(long offset, ReadOnlySpan<byte> source) => _backend.Transfers.Upload(new(Buffer, offset, source.Length), source);

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> target) => _backend.Transfers.Download(new(Buffer, offset, target.Length), target);

    /// <inheritdoc/>
    public override void Dispose() => Buffer.Dispose();
}
