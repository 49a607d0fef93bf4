using System.Text.Json;
using Forge.Core;

namespace Forge.Models.Checkpoints;

/// <summary>One tensor as a safetensors header announces it, checked against the file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Element type and extents.</param>
/// <param name="Begin">First byte, from the start of the data.</param>
/// <param name="End">One past the last byte.</param>
internal sealed record SafetensorsEntry(string Name, TensorType Type, long Begin, long End);

/// <summary>The JSON header of a safetensors file: parsed strictly, because the file may come from anywhere.</summary>
internal sealed class SafetensorsHeader
{
    // A tensor in memory is padded to whole words, and that must fit into an array as well.
    private static readonly int MostTensorBytes = Array.MaxLength / 4 * 4;

    internal List<SafetensorsEntry> Entries { get; } = [];

    internal Dictionary<string, string> Metadata { get; } = [];

    /// <summary>Parses and checks: names once, known dtypes, sizes that follow from shapes, ranges that tile the data exactly.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataBytes">How many bytes follow the header.</param>
    /// <param name="file">The file's name for messages.</param>
    internal static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string file)
    {
        var header = new SafetensorsHeader();
        var names = new HashSet<string>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            Expect(ref reader, JsonTokenType.StartObject, file);
            while (Next(ref reader) == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name)) throw Damaged(file, $"the header names '{ForeignText.Shown(name)}' twice");
                if (name == "__metadata__") header.ReadMetadata(ref reader, file);
                else header.Entries.Add(ReadEntry(ref reader, name, file));
            }
            if (reader.Read()) throw Damaged(file, "the header goes on after its end");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{file}: the header is not the JSON that safetensors prescribes ({ForeignText.Shown(e.Message, 200)}). The file is damaged or not a safetensors file.", e);
        }
        header.CheckRanges(dataBytes, file);
        return header;
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("it ends too early");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string file)
    {
        if (Next(ref reader) != type) throw Damaged(file, $"the header has {reader.TokenType} at byte {reader.TokenStartIndex}, where {type} was expected");
    }

    private void ReadMetadata(ref Utf8JsonReader reader, string file)
    {
        Expect(ref reader, JsonTokenType.StartObject, file);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, file);
            if (!Metadata.TryAdd(key, reader.GetString()!)) throw Damaged(file, $"the metadata name '{ForeignText.Shown(key)}' twice");
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string file)
    {
        (string? dtype, List<long>? shape, List<long>? offsets) = (null, null, null);
        var shown = ForeignText.Shown(name);
        Expect(ref reader, JsonTokenType.StartObject, file);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String, file);
                    dtype = reader.GetString();
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, file);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, file);
                    break;
                default:
                    throw Damaged(file, $"tensor '{shown}' has an unknown property '{ForeignText.Shown(reader.GetString())}'");
            }
        }
        if (dtype is null || shape is null || offsets is not [var begin, var end])
            throw Damaged(file, $"tensor '{shown}' lacks dtype, shape or its two data_offsets");
        if (Safetensors.DTypeOf(dtype) is not { } known)
            throw new CheckpointException($"{file}: tensor '{shown}' has dtype {ForeignText.Shown(dtype)}; Forge reads F32, F16, BF16, I32, U32 and U8. Convert the file first.");
        Int128 bytes = known.Bytes();
        foreach (var extent in shape)
        {
            bytes *= extent;
            if (bytes > MostTensorBytes || extent > int.MaxValue)
                throw new CheckpointException($"{file}: tensor '{shown}' has shape ({ForeignText.Shown(string.Join(", ", shape))}), more than Forge's {MostTensorBytes} bytes a tensor. The file is damaged or too large for Forge.");
        }
        if (begin > end || bytes != end - begin)
            throw Damaged(file, $"tensor '{shown}' of {dtype} ({ForeignText.Shown(string.Join(", ", shape))}) needs {bytes} bytes, but its offsets are {begin} to {end}");
        return new(name, new(known, new Shape([.. shape.Select(extent => (int)extent)])), begin, end);
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string file)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray, file);
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            var number = reader.GetInt64();
            if (number < 0 || number > 1L << 53) throw Damaged(file, $"the header has the size or offset {number}");
            if (numbers.Count == 64) throw Damaged(file, "a tensor has more than 64 extents");
            numbers.Add(number);
        }
        return numbers;
    }

    // As the format demands: sorted by place the tensors follow each other without gap or overlap and fill the data.
    private void CheckRanges(long dataBytes, string file)
    {
        Entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long at = 0;
        foreach (var entry in Entries)
        {
            if (entry.End > dataBytes)
                throw Damaged(file, $"tensor '{ForeignText.Shown(entry.Name)}' ends at byte {entry.End} of the data, but only {dataBytes} bytes are there: the file is truncated");
            if (entry.Begin != at)
                throw Damaged(file, $"tensor '{ForeignText.Shown(entry.Name)}' starts at byte {entry.Begin} of the data, {(entry.Begin < at ? "inside the tensor before it" : "after a gap")}, not at {at}");
            at = entry.End;
        }
        if (at != dataBytes) throw Damaged(file, $"the header accounts for {at} bytes of data, but {dataBytes} are there");
    }

    internal static CheckpointException Damaged(string file, string problem) =>
        new($"{file}: {problem}. The file is damaged or not a safetensors file; use another checkpoint.");
}
