using System.CommandLine;
using System.Globalization;
using Forge.Cli.Measuring;
using Forge.Models.Reports;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench history</c>: prints the measurements that were kept, and draws them.</summary>
internal static class BenchHistory
{
    private static readonly Option<string?> From = new("--from") { Description = "The folder to read (default bench/history).", HelpName = "FOLDER" };
    private static readonly Option<string?> Workload = new("--workload") { Description = "Show this workload alone.", HelpName = "NAME" };
    private static readonly Option<string?> Plot = new("--plot") { Description = "Draw the times into a PNG.", HelpName = "FILE" };

    public static Command Build() => new Command("history", "Print and draw the measurements that were kept.") { From, Workload, Plot }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var history = new History(invocation.Get(From) ?? Places.History);
        var entries = history.Read(line => Report.Warn($"{line} is no measurement and was left out."));
        if (invocation.Get(Workload) is { } workload)
        {
            var known = entries.Select(e => e.Workload).Distinct().Order(StringComparer.Ordinal).ToList();
            if (!known.Contains(workload)) throw new UsageException($"--workload is '{workload}'; {history.Folder} has {string.Join(", ", known)}.");
            entries = [.. entries.Where(e => e.Workload == workload)];
        }
        foreach (var group in entries.GroupBy(e => (e.Workload, e.Series)).OrderBy(g => g.Key.Workload, StringComparer.Ordinal).ThenBy(g => g.Key.Series, StringComparer.Ordinal))
        {
            invocation.Report.Result($"{group.Key.Workload} on {group.Key.Series}");
            HistoryEntry? before = null;
            foreach (var entry in group)
            {
                invocation.Report.Result(Line(entry, before));
                invocation.Report.Event("measurement", entry.Write);
                before = entry;
            }
        }
        if (invocation.Get(Plot) is { } picture)
        {
            TimingCurves.Save([.. entries.Select(Drawn)], picture);
            invocation.Report.Say($"Drawn: {picture}");
        }
        return ExitCode.Success;
    }

    // Figures a reader compares stand under each other.
    private static string Line(HistoryEntry entry, HistoryEntry? before)
    {
        var change = before is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{entry.Ms / before.Ms:0.00}x");
        var ratios = string.Join(", ", entry.Ratios.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Value:0.###} of {r.Key}")));
        var busy = entry.Load > 1 ? string.Create(CultureInfo.InvariantCulture, $" (machine busy: load {entry.Load:0.0})") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"  {entry.Date.UtcDateTime:yyyy-MM-dd HH:mm}  {entry.Commit,-11}  {entry.Ms,10:0.###} ms  {$"({entry.MsMin:0.###} to {entry.MsMax:0.###})",-24}  {change,-6}  {ratios}{busy}").TrimEnd();
    }

    private static TimedRun Drawn(HistoryEntry entry) => new(entry.Workload, entry.Series, entry.Date, entry.Commit, entry.Ms, entry.MsMin, entry.MsMax,
        entry.Ratios.Where(r => r.Value > 0).ToDictionary(r => r.Key, r => entry.Ms / r.Value));
}
