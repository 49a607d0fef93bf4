using System.Collections.Concurrent;

namespace Forge.Vulkan;

/// <summary>SPIR-V by the hash of everything it was made from.</summary>
/// <param name="root">The cache's root folder, or null to remember for this process alone.</param>
/// <param name="pack">Shaders compiled beforehand, looked at first; null for none.</param>
internal sealed class SpirvCache(string? root, ShaderPack? pack = null)
{
    private readonly CacheFolder _folder = new(root, "spirv");
    private readonly ConcurrentDictionary<string, byte[]> _known = new(StringComparer.Ordinal);

    /// <summary>The user's cache, behind the pack beside the program.</summary>
    public static SpirvCache Default { get; } = new(Platform.CacheFolder, ShaderPack.Default);

    /// <summary>Damaged files met so far.</summary>
    public int Damaged => _folder.Damaged;

    /// <summary>The SPIR-V under <paramref name="key"/>, or null.</summary>
    public byte[]? Find(string key)
    {
        if (_known.TryGetValue(key, out var known))
            return known;
        var bytes = pack?.Find(key) ?? _folder.Read(key + ".spv");
        if (bytes is not null)
            _known[key] = bytes;
        return bytes;
    }

    /// <summary>Remembers <paramref name="spirv"/>.</summary>
    public void Store(string key, byte[] spirv)
    {
        _known[key] = spirv;
        _folder.Write(key + ".spv", spirv);
    }
}
