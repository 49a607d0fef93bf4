using System.Buffers.Binary;
using System.IO.Compression;

namespace Forge.Vulkan;

/// <summary>SPIR-V compiled beforehand, in one file beside the program: a program that has it needs no shader compiler for what is in it.</summary>
/// <remarks>
/// Entries are named by the hash of everything a shader is made from (<see cref="ShaderCompiler"/>), so a pack of other sources finds nothing and
/// does no harm. The file is a <see cref="CheckedFile"/>; its payload: the count of entries (u32); for each, in order of key, the key (32 bytes), where it
/// starts, how many bytes it takes and how many it has unpacked (u32 each); then the entries, deflated one by one, because a run reads a few of many.
/// </remarks>
internal sealed class ShaderPack
{
    private const int KeyBytes = 32, EntryBytes = KeyBytes + 12;
    private const long MostInflated = 1032; // what deflate makes of a byte at the most
    private readonly byte[] _payload;
    private readonly int _count;

    private ShaderPack(byte[] payload, int count) => (_payload, _count) = (payload, count);

    /// <summary>The pack's place: beside the program.</summary>
    public static string DefaultPath { get; } = Path.Combine(AppContext.BaseDirectory, "shaders.pack");

    /// <summary>The pack beside the program, or FORGE_PACK's; null where there is none or it is damaged.</summary>
    public static ShaderPack? Default { get; } = Open(Environment.GetEnvironmentVariable("FORGE_PACK") is { Length: > 0 } path ? path : DefaultPath);

    /// <summary>How many shaders it holds.</summary>
    public int Count => _count;

    /// <summary>Opens a pack.</summary>
    /// <returns>Null where there is none, or it is damaged: that is told with FORGE_DEBUG=1.</returns>
    public static ShaderPack? Open(string path)
    {
        var payload = CheckedFile.Read(path, out var damaged);
        if (payload is not null && payload.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(payload) is var count && count <= (payload.Length - 4) / EntryBytes
            && Enumerable.Range(0, (int)count).All(i => IsWhole(payload, payload.AsSpan(4 + i * EntryBytes + KeyBytes, 12))))
            return new(payload, (int)count);
        if (damaged || payload is not null)
            Switches.Log(1, $"ignored the damaged shader pack {path}");
        return null;
    }

    /// <summary>The SPIR-V under a key; null where it is not in the pack.</summary>
    /// <param name="key">The hash, in hexadecimal digits.</param>
    public byte[]? Find(string key)
    {
        Span<byte> wanted = stackalloc byte[KeyBytes];
        if (key.Length != 2 * KeyBytes || Convert.FromHexString(key, wanted, out _, out _) != System.Buffers.OperationStatus.Done)
            return null;
        for (var (low, high) = (0, _count - 1); low <= high;)
        {
            var middle = (low + high) / 2;
            var entry = _payload.AsSpan(4 + middle * EntryBytes, EntryBytes);
            switch (wanted.SequenceCompareTo(entry[..KeyBytes]))
            {
                case 0: return Unpack(entry[KeyBytes..]);
                case < 0: high = middle - 1; break;
                default: low = middle + 1; break;
            }
        }
        return null;
    }

    /// <summary>Writes a pack, whole or not at all.</summary>
    /// <param name="path">Where.</param>
    /// <param name="shaders">SPIR-V by key.</param>
    /// <returns>Whether it was written.</returns>
    public static bool Write(string path, IReadOnlyDictionary<string, byte[]> shaders)
    {
        using var index = new MemoryStream();
        using var bodies = new MemoryStream();
        Span<byte> word = stackalloc byte[4];
        var start = 4 + shaders.Count * EntryBytes;
        Add(word, index, shaders.Count);
        foreach (var (key, spirv) in shaders.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var at = (int)bodies.Length;
            using (var deflate = new DeflateStream(bodies, CompressionLevel.SmallestSize, leaveOpen: true))
                deflate.Write(spirv);
            index.Write(Convert.FromHexString(key));
            foreach (var number in (ReadOnlySpan<int>)[start + at, (int)bodies.Length - at, spirv.Length])
                Add(word, index, number);
        }
        return CheckedFile.Write(path, [.. index.ToArray(), .. bodies.ToArray()]);

        static void Add(Span<byte> word, MemoryStream stream, int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(word, number);
            stream.Write(word);
        }
    }

    // Null where the entry does not unpack to what was announced: the shader is then compiled.
    private byte[]? Unpack(ReadOnlySpan<byte> place)
    {
        var (start, packed, length) = Place(place);
        var spirv = new byte[length];
        using var inflate = new DeflateStream(new MemoryStream(_payload, start, packed), CompressionMode.Decompress);
        try
        {
            if (inflate.ReadAtLeast(spirv, length, throwOnEndOfStream: false) == length && inflate.ReadByte() < 0)
                return spirv;
        }
        catch (InvalidDataException)
        {
            // Said below.
        }
        Switches.Log(1, "ignored a damaged entry of the shader pack");
        return null;
    }

    // Within the file, and not longer than its bytes can unpack to.
    private static bool IsWhole(byte[] payload, ReadOnlySpan<byte> place)
    {
        var (start, packed, length) = Place(place);
        return start >= 4 && packed >= 0 && start <= payload.Length - packed && length >= 0 && length <= MostInflated * packed;
    }

    private static (int Start, int Packed, int Length) Place(ReadOnlySpan<byte> place) =>
        (BinaryPrimitives.ReadInt32LittleEndian(place), BinaryPrimitives.ReadInt32LittleEndian(place[4..]), BinaryPrimitives.ReadInt32LittleEndian(place[8..]));
}
