using System.Text.Json;

namespace Forge.Cli.Measuring;

/// <summary>What one run of a program said about one workload: the line that Forge and the peers' programs print.</summary>
/// <param name="Peer">Who ran it, with its version.</param>
/// <param name="Workload">What was timed.</param>
/// <param name="Ms">The median, in ms.</param>
/// <param name="MsMin">The shortest, in ms.</param>
/// <param name="MsMax">The longest, in ms.</param>
/// <param name="MsFirst">The first run, with all that is done once, in ms; null where not told.</param>
/// <param name="Runs">Runs on the clock.</param>
/// <param name="PeakMib">Peak memory of the process, in MiB; null where not told.</param>
/// <param name="Device">What ran it; null where not told.</param>
/// <param name="Driver">Its driver; null where not told.</param>
internal sealed record Timing(string Peer, string Workload, double Ms, double MsMin, double MsMax, double? MsFirst, int Runs, int? PeakMib, string? Device, string? Driver)
{
    /// <summary>Finds the line in what a program printed.</summary>
    /// <param name="printed">Everything on its stdout.</param>
    /// <param name="why">Why there is none: what the line says instead of a time.</param>
    public static Timing? Find(string printed, out string? why)
    {
        why = null;
        foreach (var line in printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (!line.StartsWith('{')) continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                if (Text("workload") is not { } workload) continue;
                if (Number("ms") is { } ms && ms > 0)
                    return new(Text("peer") ?? "", workload, ms, Number("ms_min") ?? ms, Number("ms_max") ?? ms, Number("ms_first"), (int)(Number("n") ?? 1), (int?)Number("peak_rss_mib"), Text("device"), Text("driver"));
                why = Text("note");

                double? Number(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
                string? Text(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            }
            catch (Exception problem) when (problem is JsonException or InvalidOperationException) // the latter: half of a pair of surrogates
            {
                // Something else that begins with a brace.
            }
        }
        return null;
    }
}
