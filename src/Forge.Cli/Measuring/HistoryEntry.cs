using System.Globalization;
using System.Text.Json;

namespace Forge.Cli.Measuring;

/// <summary>A measurement that is kept: one line of a history file.</summary>
/// <param name="Date">When, UTC.</param>
/// <param name="Commit">Which Forge.</param>
/// <param name="Machine">On which machine: a software driver is as fast as its processor.</param>
/// <param name="Device">What ran it.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="Workload">What was timed.</param>
/// <param name="Command">The command that timed it.</param>
/// <param name="Ms">The median, in ms.</param>
/// <param name="MsMin">The shortest, in ms.</param>
/// <param name="MsMax">The longest, in ms.</param>
/// <param name="Runs">Runs on the clock.</param>
/// <param name="Load">Processes that wanted a core in the minute before; null where not known.</param>
/// <param name="Ratios">Forge's time by each peer's, taken in the same run; empty where none ran.</param>
internal sealed record HistoryEntry(
    DateTimeOffset Date, string Commit, string Machine, string Device, string Driver, string Workload, string Command,
    double Ms, double MsMin, double MsMax, int Runs, double? Load, IReadOnlyDictionary<string, double> Ratios)
{
    /// <summary>What must agree for two times to be comparable.</summary>
    public string Series => $"{Device}, {Driver}, {Machine}";

    /// <summary>Writes the line's members.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("date", Date.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        writer.WriteString("commit", Commit);
        writer.WriteString("machine", Machine);
        writer.WriteString("device", Device);
        writer.WriteString("driver", Driver);
        writer.WriteString("workload", Workload);
        writer.WriteString("command", Command);
        writer.WriteNumberOrNull("ms", Ms, 4);
        writer.WriteNumberOrNull("ms_min", MsMin, 4);
        writer.WriteNumberOrNull("ms_max", MsMax, 4);
        writer.WriteNumber("n", Runs);
        if (Load is { } load) writer.WriteNumber("load", Math.Round(load, 2));
        writer.WriteStartObject("ratios");
        foreach (var (peer, ratio) in Ratios) writer.WriteNumberOrNull(peer, ratio, 4);
        writer.WriteEndObject();
    }

    /// <summary>Reads a line; null where it is none.</summary>
    public static HistoryEntry? Read(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var ratios = new SortedDictionary<string, double>(StringComparer.Ordinal);
            if (root.TryGetProperty("ratios", out var given))
                foreach (var ratio in given.EnumerateObject())
                    if (ratio.Value.ValueKind == JsonValueKind.Number) ratios[ratio.Name] = ratio.Value.GetDouble();
            var entry = new HistoryEntry(
                DateTimeOffset.Parse(Text("date"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), Text("commit"), Text("machine"), Text("device"), Text("driver"),
                Text("workload"), Text("command"), Number("ms"), Number("ms_min"), Number("ms_max"), root.GetProperty("n").GetInt32(),
                root.TryGetProperty("load", out var load) && load.ValueKind == JsonValueKind.Number ? load.GetDouble() : null, ratios);
            return entry.Ms > 0 ? entry : null;

            string Text(string name) => root.GetProperty(name).GetString() ?? "";
            double Number(string name) => root.GetProperty(name).GetDouble();
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
