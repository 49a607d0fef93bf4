using System.Security.Cryptography;
using System.Text;

namespace Forge.Vulkan;

/// <summary>What a pipeline is made of: enough to make it again on another device.</summary>
/// <param name="Name">Shader and variant.</param>
/// <param name="Spirv">The shader.</param>
/// <param name="Constants">Specialization constants, by constant_id.</param>
/// <param name="Push">The push block's layout.</param>
/// <param name="Binary">What this driver made of them, where it hands that out.</param>
internal sealed record PipelineParts(string Name, byte[] Spirv, IReadOnlyList<uint> Constants, PushLayout Push, byte[]? Binary = null)
{
    // Copies with another binary have the same.
    private byte[]? _hash;

    /// <summary>A hash of everything that the driver's code depends on.</summary>
    public ReadOnlySpan<byte> Hash => _hash ??= ComputeHash();

    private byte[] ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Spirv);
        hash.AppendData(Encoding.UTF8.GetBytes($"{string.Join(',', Constants)} {Push}"));
        return hash.GetHashAndReset();
    }
}
