using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Forge.Cli.Measuring;

/// <summary>A comparison as people and programs read it.</summary>
/// <param name="Date">When it began, UTC.</param>
/// <param name="Rounds">How many rounds were asked for.</param>
/// <param name="Load">Processes that wanted a core in the minute before it began; null where not known.</param>
/// <param name="Results">A result for each workload.</param>
/// <param name="Missing">Peers that were not there, and how to get them.</param>
internal sealed record ComparisonReport(DateTimeOffset Date, int Rounds, double? Load, IReadOnlyList<ComparedResult> Results, IReadOnlyList<string> Missing)
{
    /// <summary>Past this load in the minute before, somebody else was using the machine.</summary>
    public const double BusyLoad = 0.5;

    /// <summary>Whether others used the machine.</summary>
    public bool Busy => Load > BusyLoad;

    /// <summary>A table for each workload.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Commit {Revision.Commit}, {Date.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Machine.Description}, {Rounds} rounds in turn");
        if (Load is { } load) text.Append(CultureInfo.InvariantCulture, $", load before {load:0.0}{(Busy ? ": the machine was busy, so times are long and only ratios mean something" : "")}");
        text.Append(".\n");
        foreach (var result in Results)
        {
            var ratios = result.Ratios.ToDictionary(r => r.Fastest);
            var rows = new List<string[]> { (string[])[result.Workload.Name, "ms", "shortest to longest", "forge / it", "runs", "peak MiB", "device"] };
            foreach (var standing in result.Standings)
            {
                var last = standing.Rounds.Values.LastOrDefault();
                rows.Add(last is null ? [standing.Contestant.Name, "-", "failed: " + standing.Failure!.Replace('|', '/'), "", "", "", ""] :
                [
                    standing.Contestant.Name, Number(standing.Ms), $"{Number(standing.MsMin)} to {Number(standing.MsMax)}",
                    ratios.TryGetValue(standing.Contestant.Name, out var ratio) ? Described(ratio) : "", $"{standing.Runs}", $"{last.PeakMib}", last.Device is null ? last.Peer : $"{last.Device}, {last.Driver}",
                ]);
            }
            text.Append('\n').Append(Table(rows));
        }
        foreach (var missing in Missing) text.Append(CultureInfo.InvariantCulture, $"\nNot compared: {missing}\n");
        return text.ToString();
    }

    /// <summary>Everything, each round included.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("date", Date.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        writer.WriteString("commit", Revision.Commit);
        writer.WriteString("machine", Machine.Description);
        if (Load is { } load) writer.WriteNumber("load", Math.Round(load, 2));
        writer.WriteNumber("rounds", Rounds);
        writer.WriteStartArray("workloads");
        foreach (var result in Results)
        {
            writer.WriteStartObject();
            WriteMembers(writer, result);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("missing");
        foreach (var missing in Missing) writer.WriteStringValue(missing);
        writer.WriteEndArray();
    }

    /// <summary>The members of one workload's object.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, ComparedResult result)
    {
        writer.WriteString("workload", result.Workload.Name);
        writer.WriteStartArray("contestants");
        foreach (var standing in result.Standings)
        {
            var last = standing.Rounds.Values.LastOrDefault();
            writer.WriteStartObject();
            writer.WriteString("name", standing.Contestant.Name);
            if (standing.Failure is { } failure) writer.WriteString("failure", failure);
            writer.WriteNumberOrNull("ms", standing.Ms, 4);
            writer.WriteNumberOrNull("ms_min", standing.MsMin, 4);
            writer.WriteNumberOrNull("ms_max", standing.MsMax, 4);
            writer.WriteNumber("n", standing.Runs);
            writer.WriteStartArray("rounds");
            foreach (var timing in standing.Rounds.Values) writer.WriteNumberValue(Math.Round(timing.Ms, 4));
            writer.WriteEndArray();
            writer.WriteString("peer", last?.Peer);
            writer.WriteString("device", last?.Device);
            writer.WriteString("driver", last?.Driver);
            if (last?.MsFirst is { } first) writer.WriteNumberOrNull("ms_first", first, 4);
            if (last?.PeakMib is { } peak) writer.WriteNumber("peak_rss_mib", peak);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("ratios");
        foreach (var ratio in result.Ratios)
        {
            writer.WriteStartObject();
            writer.WriteString("peer", ratio.Peer);
            writer.WriteString("fastest", ratio.Fastest);
            writer.WriteNumberOrNull("ratio", ratio.Value, 4);
            writer.WriteNumberOrNull("low", ratio.Low, 4);
            writer.WriteNumberOrNull("high", ratio.High, 4);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>The lines that history keeps: Forge's, on each driver; the ratios beside the one in use.</summary>
    public IEnumerable<HistoryEntry> Entries =>
        from result in Results
        from standing in result.Standings
        where standing.Contestant.Group is null && standing.Rounds.Count > 0
        let last = standing.Rounds.Values.Last()
        select new HistoryEntry(Date, Revision.Commit, Machine.Description, last.Device ?? "", last.Driver ?? "", result.Workload.Name, "bench compare", standing.Ms, standing.MsMin, standing.MsMax, standing.Runs, Load,
            standing == result.Own ? result.Ratios.ToDictionary(r => r.Peer, r => r.Value) : new Dictionary<string, double>());

    private static string Described(Ratio ratio)
    {
        var value = $"{Ratio(ratio.Value)} ({Ratio(ratio.Low)} to {Ratio(ratio.High)})";
        return ratio.Value < 0.2 ? string.Create(CultureInfo.InvariantCulture, $"{value}: {1 / ratio.Value:0} times faster") : value;
    }

    private static string Ratio(double ratio) => ratio.ToString(ratio < 0.1 ? "0.0000" : "0.00", CultureInfo.InvariantCulture);

    private static string Number(double ms) => ms.ToString(ms < 10 ? "0.00" : ms < 1000 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static string Table(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var lines = rows.Select(row => $"| {string.Join(" | ", row.Select((cell, c) => cell.PadRight(widths[c])))} |").ToList();
        lines.Insert(1, $"|{string.Join('|', widths.Select(w => new string('-', w + 2)))}|");
        return string.Join('\n', lines) + "\n";
    }
}
