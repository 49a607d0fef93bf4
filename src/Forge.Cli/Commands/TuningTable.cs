using System.Globalization;
using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary>Shows how an op's variants did: a table for people, an event for each for programs.</summary>
internal static class TuningTable
{
    /// <summary>Prints the variants, the fastest first.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="workload">What was tuned.</param>
    /// <param name="tuning">What came of it.</param>
    public static void Print(Report report, string workload, TuningReport tuning)
    {
        var cost = tuning.Use.Cost;
        var width = Math.Max(7, tuning.Ranked.Max(c => c.Variant.Label.Length));
        report.Result(string.Create(CultureInfo.InvariantCulture, $"  {"variant".PadRight(width)} {"ms",10} {"best",10} {"GFLOP/s",8} {"GB/s",7} {"speed",6}"));
        foreach (var candidate in tuning.Ranked)
            report.Result(string.Create(CultureInfo.InvariantCulture, $"  {candidate.Variant.Label.PadRight(width)} {Figures(candidate, tuning, cost)}  {Remark(candidate, tuning)}").TrimEnd());
        foreach (var candidate in tuning.Ranked) Tell(report, workload, tuning, candidate, cost);
        if (tuning.Winner is null) Report.Warn($"No variant of {tuning.Use.Op.Name} is right here; nothing was stored.");
        report.Event("tuned", writer =>
        {
            writer.WriteString("workload", workload);
            writer.WriteString("op", tuning.Use.ToString());
            writer.WriteString("variant", tuning.Winner?.Variant.Label);
            writer.WriteString("default", tuning.Default.Variant.Label);
            writer.WriteNumberOrNull("vs_default", tuning.Winner is { } w ? Speed(w, tuning) : null, 3);
            writer.WriteNumber("quarantined", tuning.Ranked.Count(IsQuarantined));
        });
    }

    /// <summary>Prints what a model's kernels take together.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="tunings">Its kernels, and how often each runs in a step.</param>
    public static void PrintStep(Report report, string model, IReadOnlyList<(TuningReport Tuning, int Count)> tunings)
    {
        var right = tunings.Where(t => t.Tuning.Winner is not null).ToList();
        var changed = right.Count(t => t.Tuning.Winner != t.Tuning.Default);
        var known = right.Where(t => t.Tuning.Default.Times.Count > 0).ToList();
        var (before, after) = (known.Sum(t => t.Count * t.Tuning.Default.Best), known.Sum(t => t.Count * t.Tuning.Winner!.Best));
        report.Result(string.Create(CultureInfo.InvariantCulture,
            $"\n{model}: {tunings.Count} different kernels, {changed} faster than by default; together {before:0.00} ms by default, {after:0.00} ms tuned (best runs, each kernel by itself)"));
        report.Event("tuned_model", writer =>
        {
            writer.WriteString("model", model);
            writer.WriteNumber("kernels", tunings.Count);
            writer.WriteNumber("changed", changed);
            writer.WriteNumberOrNull("ms_default", before, 4);
            writer.WriteNumberOrNull("ms_tuned", after, 4);
        });
    }

    private static void Tell(Report report, string workload, TuningReport tuning, Candidate candidate, Cost cost) => report.Event("variant", writer =>
    {
        writer.WriteString("workload", workload);
        writer.WriteString("variant", candidate.Variant.Label);
        writer.WriteString("verdict", candidate.Verdict?.ToString().ToLowerInvariant());
        writer.WriteString("message", candidate.Message);
        writer.WriteNumberOrNull("ms", Finite(candidate.Median), 4);
        writer.WriteNumberOrNull("ms_min", Finite(candidate.Best), 4);
        writer.WriteNumber("n", candidate.Times.Count);
        writer.WriteNumberOrNull("gflops", Finite(cost.Flops / candidate.Median / 1e6), 1);
        writer.WriteNumberOrNull("gbs", Finite(cost.Bytes / candidate.Median / 1e6), 1);
        writer.WriteNumberOrNull("vs_default", Speed(candidate, tuning), 3);
        writer.WriteBoolean("quarantined", IsQuarantined(candidate));
    });

    private static string Figures(Candidate candidate, TuningReport tuning, Cost cost)
    {
        if (candidate.Times.Count == 0) return string.Create(CultureInfo.InvariantCulture, $"{"-",10} {"-",10} {"-",8} {"-",7} {"-",6}");
        var speed = Speed(candidate, tuning) is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.00}x") : "-";
        return string.Create(CultureInfo.InvariantCulture, $"{candidate.Median,10:0.0000} {candidate.Best,10:0.0000} {cost.Flops / candidate.Median / 1e6,8:0.0} {cost.Bytes / candidate.Median / 1e6,7:0.0} {speed,6}");
    }

    private static string Remark(Candidate candidate, TuningReport tuning)
    {
        if (candidate.Verdict != Verdict.Right)
            return $"{candidate.Verdict?.ToString().ToUpperInvariant()}{(IsQuarantined(candidate) ? $", {(candidate.WasQuarantined ? "" : "now ")}quarantined" : "")}: {Short(candidate.Message)}";
        return (candidate == tuning.Winner, candidate == tuning.Default) switch
        {
            (true, true) => "default, stays",
            (true, false) => "fastest, stored",
            (false, true) => "default",
            _ => "",
        };
    }

    // A compiler's whole complaint is in the event.
    private static string Short(string message)
    {
        const int Most = 160;
        var line = string.Join(' ', message.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Most ? line : line[..Most] + "...";
    }

    private static bool IsQuarantined(Candidate candidate) => candidate.Verdict is Verdict.Wrong or Verdict.Crashed or Verdict.Hung;

    // How many times as fast as the default, by the best runs: those of the field were made at different times.
    private static double? Speed(Candidate candidate, TuningReport tuning) =>
        candidate.Times.Count > 0 && tuning.Default.Times.Count > 0 ? tuning.Default.Best / candidate.Best : null;

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
