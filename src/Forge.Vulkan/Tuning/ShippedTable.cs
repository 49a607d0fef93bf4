using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Vulkan.Tuning;

/// <summary>A row of a shipped table.</summary>
/// <param name="Op">The op's key.</param>
/// <param name="Inputs">The inputs' types.</param>
/// <param name="Bucket">Their bucket.</param>
/// <param name="Variant">The variant's label; ignored where a device does not offer it.</param>
internal sealed record ShippedChoice(string Op, string Inputs, string Bucket, string Variant);

/// <summary>A table that ships with Forge, for a class of drivers: the choices of somebody who tuned on one of them.</summary>
/// <param name="On">The device and driver it was made on.</param>
/// <param name="Choices">The rows.</param>
internal sealed record ShippedTable(string On, IReadOnlyList<ShippedChoice> Choices)
{
    private static readonly Dictionary<string, ShippedTable?> s_read = [];

    /// <summary>The name of a device's class: its driver's family and its subgroup size.</summary>
    public static string ClassOf(DeviceDescription device) => $"driver{device.DriverId}-subgroup{device.SubgroupSize}";

    /// <summary>The table of a device's class; null where none ships.</summary>
    public static ShippedTable? Of(DeviceDescription device)
    {
        lock (s_read)
            return s_read.TryGetValue(ClassOf(device), out var table) ? table : s_read[ClassOf(device)] = Read(ClassOf(device));
    }

    /// <summary>The names of the classes that have a table.</summary>
    public static IReadOnlyList<string> Classes { get; } =
        [.. typeof(ShippedTable).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("tuning/", StringComparison.Ordinal)).Select(n => Path.GetFileNameWithoutExtension(n))];

    /// <summary>Reads a table.</summary>
    internal static ShippedTable? Read(string name)
    {
        using var stream = typeof(ShippedTable).Assembly.GetManifestResourceStream($"tuning/{name}.json");
        if (stream is null)
            return null;
        // Every program reads it at its start: a document takes a tenth of the time that a serializer's first use takes.
        using var document = JsonDocument.Parse(stream);
        string Text(JsonElement row, string member) => row.GetProperty(member).GetString()!;
        return new(Text(document.RootElement, nameof(On)), [.. document.RootElement.GetProperty(nameof(Choices)).EnumerateArray().Select(row => new ShippedChoice(
            Text(row, nameof(ShippedChoice.Op)), Text(row, nameof(ShippedChoice.Inputs)), Text(row, nameof(ShippedChoice.Bucket)), Text(row, nameof(ShippedChoice.Variant))))]);
    }

    /// <summary>The label for these inputs, else for inputs of the same bucket; null where there is none.</summary>
    public string? Find(string op, string inputs, string bucket) =>
        (Choices.FirstOrDefault(c => c.Op == op && c.Inputs == inputs) ?? Choices.FirstOrDefault(c => c.Op == op && c.Bucket == bucket))?.Variant;

    /// <summary>The table as it is kept in the repository: a row a line.</summary>
    public string ToText()
    {
        var text = new System.Text.StringBuilder("{\n").Append($"  \"On\": {Quoted(On)},\n  \"Choices\": [\n");
        text.AppendJoin(",\n", Choices.Select(c => "    " + JsonSerializer.Serialize(c, ShippedJson.Default.ShippedChoice)));
        return text.Append("\n  ]\n}\n").ToString();

        static string Quoted(string words) => JsonSerializer.Serialize(words, ShippedJson.Default.String);
    }
}

/// <summary>How shipped tables are written; made at build time.</summary>
[JsonSerializable(typeof(ShippedTable))]
[JsonSerializable(typeof(string))]
internal sealed partial class ShippedJson : JsonSerializerContext;
