using System.Security.Cryptography;
using System.Text;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>The driver's own cache of compiled pipelines, kept on disk by device and driver.</summary>
internal sealed unsafe class PipelineCache : IDisposable
{
    private readonly Device _device;
    private readonly CacheFolder _folder;
    private readonly string _file;
    private readonly byte[] _loaded;

    /// <summary>Loads what an earlier run left for this device and driver.</summary>
    /// <param name="device">The device.</param>
    /// <param name="root">The cache's root folder, or null to keep nothing.</param>
    public PipelineCache(Device device, string? root)
    {
        _device = device;
        _folder = new CacheFolder(root, "pipelines");
        _file = FileName(device.Description);
        _loaded = _folder.Read(_file) ?? [];
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

    /// <summary>Damaged files met so far.</summary>
    public int Damaged => _folder.Damaged;

    /// <summary>The file's name for a device and driver.</summary>
    public static string FileName(DeviceDescription device) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(device.Identity)))[..32] + ".bin";

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
}
