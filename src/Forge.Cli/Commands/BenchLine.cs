using System.Diagnostics;
using System.Text.Json;
using Forge.Cli.Measuring;
using Forge.Vulkan;

namespace Forge.Cli.Commands;

/// <summary>The JSON line of a measurement, with the keys that the peers' programs use.</summary>
/// <param name="Workload">What was timed.</param>
/// <param name="Times">What each run on the clock took, in ms.</param>
/// <param name="First">The very first run, with all that is done once, in ms.</param>
/// <param name="Flops">Floating-point operations of a run; 0 where there are none to speak of.</param>
/// <param name="Device">What ran it.</param>
internal sealed record BenchLine(string Workload, IReadOnlyList<double> Times, double First, double Flops, DeviceDescription Device)
{
    /// <summary>Prints the line on stdout, with or without --json; with it, as an event.</summary>
    public void Print(Report report, Action<Utf8JsonWriter> more) => report.Line(writer =>
    {
        var median = Median.Of(Times);
        if (report.Json) writer.WriteString("event", "bench");
        writer.WriteString("peer", "forge");
        writer.WriteString("workload", Workload);
        writer.WriteNumberOrNull("ms", median, 4);
        writer.WriteNumberOrNull("ms_min", Times.Min(), 4);
        writer.WriteNumberOrNull("ms_max", Times.Max(), 4);
        writer.WriteNumberOrNull("ms_first", First, 4);
        writer.WriteNumberOrNull("gflops", Flops / median / 1e6, 1);
        writer.WriteNumber("n", Times.Count);
        using (var self = Process.GetCurrentProcess()) writer.WriteNumber("peak_rss_mib", self.PeakWorkingSet64 >> 20);
        writer.WriteString("device", Device.Name);
        writer.WriteString("driver", $"{Device.DriverName} {Device.DriverDetail}".TrimEnd());
        more(writer);
    });

    /// <summary>The measurement as history keeps it.</summary>
    /// <param name="command">The command that took it.</param>
    /// <param name="load">How busy the machine was before.</param>
    /// <param name="variant">What tells it from the workload's default, such as a kernel variant; else null.</param>
    public HistoryEntry Entry(string command, double? load, string? variant = null) => new(
        DateTimeOffset.UtcNow, Revision.Commit, Machine.Description, Device.Name, $"{Device.DriverName} {Device.DriverDetail}".TrimEnd(), variant is null ? Workload : $"{Workload} {variant}", command,
        Median.Of(Times), Times.Min(), Times.Max(), Times.Count, load, new Dictionary<string, double>());
}
