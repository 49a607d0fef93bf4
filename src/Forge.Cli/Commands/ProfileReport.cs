using System.Globalization;
using System.Text.Json;
using Forge.Models.Reports;
using Forge.Vulkan;
using Forge.Vulkan.Profiling;

namespace Forge.Cli.Commands;

/// <summary>Tells a profile: a table and sentences for people, events for programs, dots for the roofline.</summary>
/// <param name="profile">The profile.</param>
/// <param name="ceilings">What the device can do at most.</param>
/// <param name="tellsStatistics">Whether the driver can tell registers.</param>
internal sealed class ProfileReport(StepProfile profile, DeviceCeilings ceilings, bool tellsStatistics)
{
    /// <summary>Prints everything.</summary>
    public void Print(Report report)
    {
        report.Result(Invariant($"{profile.Name}: {profile.Dispatches} dispatches; medians of {profile.Plain.Count()} steps"));
        report.Result(Invariant($"Ceilings, measured now: {ceilings.Gflops:0.0} GFLOP/s (multiply-adds), {ceilings.MemoryGbs:0.0} GB/s (memory), {ceilings.CacheGbs:0.0} GB/s (cache); an empty dispatch takes {ceilings.LaunchMs * 1e3:0.0} us"));
        report.Result("");
        var table = new TextTable("kernel", "variant", "inputs", " calls", " ms", " share", " GFLOP/s", " GB/s", " FLOP/B", " of compute", " of memory", "bound by", " workgroup");
        foreach (var k in profile.Kernels)
            table.Add(k.Op, k.Variant, k.Shape, k.Calls == k.Dispatches ? $"{k.Calls}" : $"{k.Calls} ({k.Dispatches})", Number(k.Ms, "0.000"), Percent(k.Share, "0.0"), Number(k.Gflops, "0.0"), Number(k.Gbs, "0.0"),
                Number(k.Intensity, "0.00"), Percent(k.Gflops / ceilings.Gflops), Percent(k.Gbs / ceilings.MemoryGbs), k.BoundBy(ceilings), k.Workgroup > 0 ? $"{k.Workgroup}" : "-");
        foreach (var line in table.Lines()) report.Result(line);
        report.Result("");
        foreach (var line in Registers()) report.Result(line);
        foreach (var line in Sums()) report.Result(line);
        Tell(report);
    }

    /// <summary>The roofline of a profile.</summary>
    public static Roofline Roofline(StepProfile profile, DeviceCeilings ceilings, DeviceDescription device) => new(
        profile.Name, $"{device.Name}, {$"{device.DriverName} {device.DriverDetail}".TrimEnd()}",
        ceilings.Gflops, ceilings.CacheGbs > 1.15 * ceilings.MemoryGbs ? [new("memory", ceilings.MemoryGbs), new("cache", ceilings.CacheGbs)] : [new("memory", ceilings.MemoryGbs)],
        [.. profile.Kernels.Select(k => new RooflineKernel(k.Op, k.Shape, k.Intensity, k.Gflops, k.Ms, k.Share))]);

    private IEnumerable<string> Registers()
    {
        if (!tellsStatistics)
        {
            yield return "Registers and spills: not told by this driver.";
            yield break;
        }
        foreach (var k in profile.Kernels.Where(k => k.Statistics.Count > 0))
            yield return $"{k.Op}, {k.Variant}, {k.Shape}: {string.Join(", ", k.Statistics.Select(s => $"{s.Name} {s.Value}"))}";
    }

    private IEnumerable<string> Sums()
    {
        var (dispatches, wait, submit) = (Math.Max(1, profile.Dispatches), profile.PlainMs(r => r.Host.Wait), profile.PlainMs(r => r.Host.Submit));
        yield return Invariant($"Device   kernels {profile.KernelsMs:0.000} ms + gaps {profile.GapsMs:0.000} ms = {profile.KernelsMs + profile.GapsMs:0.000} ms; from submission to the end {profile.ClockedMs:0.000} ms with timestamps, {submit + wait:0.000} ms without.");
        yield return Invariant($"Host     step {profile.PlainMs(r => r.Wall):0.000} ms: copies in {profile.PlainMs(r => r.Host.Upload):0.000}, submission {submit:0.000}, waiting {wait:0.000}, copies out {profile.PlainMs(r => r.Host.Download):0.000}, the engine itself {profile.PlainMs(r => r.Replay):0.000} ({profile.PlainMs(r => r.Replay) * 1e3 / dispatches:0.0} us a dispatch).");
        if (profile is { ArenaBytes: { } arena, LiveBytes: { } live })
            yield return Invariant($"Memory   arena {arena / 1048576.0:0.0} MiB; at most {live / 1048576.0:0.0} MiB of it are live at once.");
    }

    private void Tell(Report report)
    {
        report.Event("ceilings", writer =>
        {
            writer.WriteNumberOrNull("gflops", ceilings.Gflops, 1);
            writer.WriteNumberOrNull("memory_gbs", ceilings.MemoryGbs, 1);
            writer.WriteNumberOrNull("cache_gbs", ceilings.CacheGbs, 1);
            writer.WriteNumberOrNull("launch_ms", ceilings.LaunchMs, 6);
        });
        foreach (var kernel in profile.Kernels) report.Event("kernel", writer => Write(writer, kernel));
        report.Event("profile", writer =>
        {
            writer.WriteString("workload", profile.Name);
            writer.WriteNumber("steps", profile.Plain.Count());
            writer.WriteNumber("dispatches", profile.Dispatches);
            writer.WriteNumberOrNull("kernels_ms", profile.KernelsMs);
            writer.WriteNumberOrNull("gaps_ms", profile.GapsMs);
            writer.WriteNumberOrNull("clocked_ms", profile.ClockedMs);
            writer.WriteNumberOrNull("step_ms", profile.PlainMs(r => r.Wall));
            writer.WriteNumberOrNull("upload_ms", profile.PlainMs(r => r.Host.Upload));
            writer.WriteNumberOrNull("submit_ms", profile.PlainMs(r => r.Host.Submit));
            writer.WriteNumberOrNull("wait_ms", profile.PlainMs(r => r.Host.Wait));
            writer.WriteNumberOrNull("download_ms", profile.PlainMs(r => r.Host.Download));
            writer.WriteNumberOrNull("engine_ms", profile.PlainMs(r => r.Replay));
            writer.WriteBoolean("statistics_told", tellsStatistics);
            if (profile.ArenaBytes is { } arena) writer.WriteNumber("arena_bytes", arena);
            if (profile.LiveBytes is { } live) writer.WriteNumber("live_bytes", live);
        });
    }

    private void Write(Utf8JsonWriter writer, KernelProfile k)
    {
        writer.WriteString("op", k.Op);
        writer.WriteString("variant", k.Variant);
        writer.WriteString("inputs", k.Shape);
        writer.WriteNumber("calls", k.Calls);
        writer.WriteNumber("dispatches", k.Dispatches);
        writer.WriteNumber("workgroup", k.Workgroup);
        writer.WriteNumberOrNull("ms", k.Ms);
        writer.WriteNumberOrNull("share", k.Share);
        writer.WriteNumberOrNull("gflops", k.Gflops, 3);
        writer.WriteNumberOrNull("gbs", k.Gbs, 3);
        writer.WriteNumberOrNull("intensity", k.Intensity, 4);
        writer.WriteNumberOrNull("of_compute", k.Gflops / ceilings.Gflops, 4);
        writer.WriteNumberOrNull("of_memory", k.Gbs / ceilings.MemoryGbs, 4);
        writer.WriteString("bound_by", k.BoundBy(ceilings));
        writer.WriteStartObject("statistics");
        foreach (var group in k.Statistics.GroupBy(s => s.Name)) writer.WriteString(group.Key, string.Join(", ", group.Select(s => s.Value)));
        writer.WriteEndObject();
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";

    private static string Percent(double share, string format = "0") => Number(100 * share, format) + " %";
}
