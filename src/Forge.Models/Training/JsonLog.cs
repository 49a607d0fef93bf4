using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Forge.Core;

namespace Forge.Models.Training;

/// <summary>One JSON object a line, each with a key "event" (JSONL).</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class JsonLog : IDisposable
{
    private const int MostDamaged = 1000;
    private readonly LineFile _file;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resumeAfter">Null starts afresh. A number keeps existing lines but for those with a larger "epoch", and for damaged ones.</param>
    /// <exception cref="DataException">The file cannot be written, or is no log.</exception>
    public JsonLog(string path, int? resumeAfter = null)
    {
        var damaged = 0;
        _file = new LineFile(path, resumeAfter is not { } last ? null : line => Stays(line, last) switch
        {
            // A killed run leaves one. Parsing each of a million would take minutes.
            null when ++damaged > MostDamaged => throw new DataException($"{path}: more than {MostDamaged} lines of the log are damaged. Remove the file."),
            var stays => stays == true,
        });
    }

    /// <summary>Adds a line.</summary>
    /// <param name="name">The value of "event".</param>
    /// <param name="write">Writes the other properties.</param>
    public void Append(string name, Action<Utf8JsonWriter> write) => _file.Append(Line(name, write));

    /// <summary>Adds a line of one epoch: {"event":"epoch","epoch":n, ...values}.</summary>
    public void AppendEpoch(int epoch, IEnumerable<KeyValuePair<string, double>> values) => Append("epoch", json =>
    {
        json.WriteNumber("epoch", epoch);
        foreach (var (key, value) in values) WriteNumber(json, key, value);
    });

    /// <summary>One event as JSON text on one line; people's languages are not escaped.</summary>
    public static string Line(string name, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A number, or "NaN", "Infinity", "-Infinity" as text: JSON has no such numbers, and null would hide them.</summary>
    public static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }

    // Null where the line is damaged.
    private static bool? Stays(string line, int last)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && !(document.RootElement.TryGetProperty("epoch", out var epoch) && epoch.ValueKind == JsonValueKind.Number && epoch.TryGetInt32(out var number) && number > last);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException) // the latter: half of a pair of surrogates
        {
            return null;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
