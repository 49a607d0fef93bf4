using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Forge.Core;

namespace Forge.Models.Checkpoints;

/// <summary>Named tensors and text, as a safetensors file holds them.</summary>
/// <param name="Tensors">The tensors by name.</param>
/// <param name="Metadata">Free text by key.</param>
/// <param name="Verified">Whether the file carried Forge's checksum (it was then right: a wrong one is an error).</param>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed record SafetensorsContent(
    IReadOnlyDictionary<string, HostTensor> Tensors, IReadOnlyDictionary<string, string> Metadata, bool Verified);

/// <summary>Reads and writes safetensors files, which other tools read and write too.</summary>
/// <remarks>
/// Layout: a 64-bit little-endian length, a JSON header of that many bytes padded with spaces to 8, then the tensors' bytes, dense
/// row-major, without gaps. Forge's files carry in their metadata a SHA-256 over the whole file, taken with its own 64 digits as zeros.
/// </remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Safetensors
{
    private const string ChecksumKey = "forge.sha256";
    private static ReadOnlySpan<byte> ChecksumPrefix => "{\"__metadata__\":{\"forge.sha256\":\""u8;

    /// <summary>Writes tensors and metadata; the same content always gives the same bytes.</summary>
    /// <exception cref="ArgumentException">A tensor is called __metadata__, or a metadata key is taken by the format.</exception>
    public static void Write(Stream stream, IReadOnlyDictionary<string, HostTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        // Wider elements first, then by name: every tensor is then aligned to its element.
        var ordered = tensors.OrderByDescending(t => t.Value.Type.DType.Bytes()).ThenBy(t => t.Key, StringComparer.Ordinal).ToList();
        var header = BuildHeader(ordered, metadata ?? new Dictionary<string, string>());
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(length);
        hash.AppendData(header);
        foreach (var (_, tensor) in ordered) hash.AppendData(Content(tensor));
        Convert.ToHexStringLower(hash.GetHashAndReset()).Select(digit => (byte)digit).ToArray().CopyTo(header.AsSpan(ChecksumPrefix.Length));

        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in ordered) stream.Write(Content(tensor));
    }

    private static byte[] BuildHeader(List<KeyValuePair<string, HostTensor>> ordered, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.ContainsKey(ChecksumKey)) throw new ArgumentException($"The metadata key {ChecksumKey} is written by Forge itself.", nameof(metadata));
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString(ChecksumKey, new string('0', 64)); // first, so that its place is known
            foreach (var (key, text) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, text);
            json.WriteEndObject();
            long at = 0;
            foreach (var (name, tensor) in ordered)
            {
                if (name == "__metadata__") throw new ArgumentException("A tensor cannot be called __metadata__ in a safetensors file.", nameof(ordered));
                json.WriteStartObject(name);
                json.WriteString("dtype", LabelOf(tensor.Type.DType));
                json.WriteStartArray("shape");
                foreach (var extent in tensor.Shape.Extents) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += Content(tensor).Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, truncated, damaged or no safetensors file; the message names it and the place.</exception>
    public static SafetensorsContent Read(string path)
    {
        try
        {
            using var file = InputFile.Open(path);
            return Read(file, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Reads from a seekable stream, from its position to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="CheckpointException">As for <see cref="Read(string)"/>.</exception>
    public static SafetensorsContent Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var available = stream.Length - stream.Position;
        Span<byte> start = stackalloc byte[8];
        if (available < 10)
            throw new CheckpointException($"{name}: {(available == 0 ? "the file is empty" : $"only {available} bytes long")}, too short for a safetensors file. Use another checkpoint.");
        stream.ReadExactly(start);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        var most = Math.Min(InputLimits.Current.HeaderBytes, Array.MaxLength);
        if (length > (ulong)most || (long)length > available - 8)
            throw new CheckpointException($"{name}: not a safetensors file, or a truncated or damaged one: its first 8 bytes announce a header of {length} bytes, but {available - 8} bytes follow and at most {most} are allowed.");
        var headerBytes = new byte[length];
        stream.ReadExactly(headerBytes);
        var header = SafetensorsHeader.Parse(headerBytes, available - 8 - (long)length, name);

        var verifies = headerBytes.AsSpan().StartsWith(ChecksumPrefix) && header.Metadata.GetValueOrDefault(ChecksumKey) is { Length: 64 };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (verifies)
        {
            headerBytes.AsSpan(ChecksumPrefix.Length, 64).Fill((byte)'0');
            hash.AppendData(start);
            hash.AppendData(headerBytes);
        }
        var tensors = new Dictionary<string, HostTensor>(header.Entries.Count);
        foreach (var entry in header.Entries) // in file order: one sequential read
        {
            var tensor = new HostTensor(entry.Type);
            stream.ReadExactly(Content(tensor));
            if (verifies) hash.AppendData(Content(tensor));
            tensors.Add(entry.Name, tensor);
        }
        if (verifies && Convert.ToHexStringLower(hash.GetHashAndReset()) != header.Metadata[ChecksumKey])
            throw new CheckpointException($"{name}: the content does not match the checksum it carries. The file was damaged after it was written; use another checkpoint.");
        header.Metadata.Remove(ChecksumKey);
        return new(tensors, header.Metadata, verifies);
    }

    // HostTensor pads to whole words; files do not.
    private static Span<byte> Content(HostTensor tensor) => tensor.Bytes[..(tensor.Type.Count * tensor.Type.DType.Bytes())];

    internal static DType? DTypeOf(string label) => label switch
    {
        "F32" => DType.F32,
        "I32" => DType.I32,
        "U32" => DType.U32,
        "U8" => DType.U8,
        "F16" => DType.F16,
        "BF16" => DType.BF16,
        _ => null,
    };

    private static string LabelOf(DType dtype) => dtype.Label().ToUpperInvariant();
}
