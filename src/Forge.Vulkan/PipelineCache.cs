using System.Security.Cryptography;
using System.Text;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>What a driver made of shaders, kept on disk by device and driver: its own cache of pipelines, and the binaries of shader objects.</summary>
internal sealed unsafe class PipelineCache : IDisposable
{
    private readonly Device _device;
    private readonly CacheFolder _folder;
    private readonly string _file;
    private readonly byte[] _loaded;
    private readonly CacheFolder? _binaries;

    /// <summary>Loads what an earlier run left for this device and driver.</summary>
    /// <param name="device">The device.</param>
    /// <param name="root">The cache's root folder, or null to keep nothing.</param>
    public PipelineCache(Device device, string? root)
    {
        _device = device;
        _folder = new CacheFolder(root, "pipelines");
        _file = FileName(device.Description);
        _loaded = _folder.Read(_file) ?? [];
        if (root is not null && device.ShaderObjects is not null)
            _binaries = new CacheFolder(root, "binaries");
        fixed (byte* p = _loaded)
        {
            var create = new PipelineCacheCreateInfo { SType = StructureType.PipelineCacheCreateInfo, InitialDataSize = (nuint)_loaded.Length, PInitialData = p };
            Silk.NET.Vulkan.PipelineCache cache;
            device.Vk.CreatePipelineCache(device.Handle, &create, null, &cache).Check("vkCreatePipelineCache", "loading the pipeline cache");
            Handle = cache;
        }
    }

    /// <summary>The cache.</summary>
    public Silk.NET.Vulkan.PipelineCache Handle { get; }

    /// <summary>Whether shaders are better built as objects, whose binaries outlive the process.</summary>
    public bool KeepsBinaries => _binaries is not null;

    /// <summary>Binaries that the driver took back so far.</summary>
    public int TakenBack => _takenBack;
    private int _takenBack;

    /// <summary>Damaged files met so far.</summary>
    public int Damaged => _folder.Damaged + (_binaries?.Damaged ?? 0);

    /// <summary>The file's name for a device and driver.</summary>
    public static string FileName(DeviceDescription device) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(device.Identity)))[..32] + ".bin";

    /// <summary>What the driver made of these parts in another run; null where nothing was kept.</summary>
    public byte[]? Binary(PipelineParts parts) => _binaries?.Read(BinaryName(parts));

    /// <summary>Keeps what the driver made of these parts, unless that is what was kept.</summary>
    /// <param name="parts">What it was made of; with the binary that was handed in, if any.</param>
    /// <param name="binary">What the driver has now.</param>
    public void Keep(PipelineParts parts, byte[] binary)
    {
        if (ReferenceEquals(parts.Binary, binary))
            Interlocked.Increment(ref _takenBack);
        else
            _binaries?.Write(BinaryName(parts), binary);
    }

    /// <summary>Writes the cache to disk if the driver put something in.</summary>
    public void Save()
    {
        nuint size = 0;
        if (_device.Vk.GetPipelineCacheData(_device.Handle, Handle, &size, null) != Result.Success || size <= 32) // a header of 32 bytes and nothing else
            return;
        var data = new byte[size];
        fixed (byte* p = data)
            if (_device.Vk.GetPipelineCacheData(_device.Handle, Handle, &size, p) != Result.Success)
                return;
        if (!data.AsSpan(0, (int)size).SequenceEqual(_loaded))
            _folder.Write(_file, data.AsSpan(0, (int)size));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Save();
        _device.Vk.DestroyPipelineCache(_device.Handle, Handle, null);
    }

    private string BinaryName(PipelineParts parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{_device.Description.Identity} {_device.Limits.ShaderBinaryVersion}"));
        hash.AppendData(parts.Hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32] + ".bin";
    }
}
