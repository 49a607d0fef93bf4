using System.Diagnostics;
using System.Text.Json;

namespace Forge.Vulkan.Profiling;

/// <summary>Writes a profile as a trace that ui.perfetto.dev and chrome://tracing open: a track of the host, a track of the device.</summary>
/// <remarks>
/// Host and device have clocks of their own. A run's kernels are placed so that the last ends when the host's wait does, so a gap between the
/// submission and the first kernel is the driver's latency at both ends.
/// </remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class ProfileTrace
{
    private const int Host = 1, Device = 2, Track = 1;

    /// <summary>Writes the trace: UTF-8 JSON with an array <c>traceEvents</c>, times in µs from the first run's start.</summary>
    /// <param name="profile">What ran.</param>
    /// <param name="device">Where it ran.</param>
    /// <param name="target">Where the bytes go.</param>
    public static void Write(StepProfile profile, DeviceDescription device, Stream target)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(device);
        using var json = new Utf8JsonWriter(target);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("workload", profile.Name);
        json.WriteString("device", device.ToString());
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        foreach (var (pid, name) in ((int, string)[])[(Host, "Host"), (Device, $"Device: {device.Name}")])
        {
            Metadata(json, pid, "process_name", name);
            Metadata(json, pid, "thread_name", pid == Host ? "engine and driver" : "compute queue");
        }
        for (var i = 0; i < profile.Runs.Count; i++)
            Write(json, profile, profile.Runs[i], i / 2);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StepProfile profile, ProfiledRun run, int number)
    {
        var host = run.Host;
        var at = Stopwatch.GetElapsedTime(profile.Runs[0].Host.Started, host.Started).TotalMicroseconds;
        var clocked = run.Device.Count > 0;
        Begin(json, Host, clocked ? $"step {number}, with timestamps" : $"step {number}", "step", at, (host.Upload + host.Submit + host.Wait + host.Download).TotalMicroseconds);
        json.WriteEndObject();
        foreach (var (name, time) in ((string, TimeSpan)[])[("upload", host.Upload), ("submit", host.Submit), ("wait", host.Wait), ("download", host.Download)])
        {
            Begin(json, Host, name, "host", at, time.TotalMicroseconds);
            json.WriteEndObject();
            at += time.TotalMicroseconds;
        }
        if (!clocked) return;
        var end = at - host.Download.TotalMicroseconds;
        var last = run.Device[^1];
        foreach (var (kernel, command) in run.Device.Zip(profile.Commands))
        {
            Begin(json, Device, kernel.Name, "kernel", end - (last.Start + last.Nanoseconds - kernel.Start) / 1e3, kernel.Nanoseconds / 1e3);
            json.WriteStartObject("args");
            json.WriteString("op", command.Op);
            json.WriteString("variant", command.Variant);
            json.WriteString("inputs", command.Shape);
            json.WriteString("shader", kernel.Kernel);
            // What a use of an op costs is known, not how its dispatches share that.
            if (command.Parts > 1) json.WriteString("part", $"{command.Part} of {command.Parts}");
            else
            {
                json.WriteNumber("flops", kernel.Flops);
                json.WriteNumber("bytes", kernel.Bytes);
                json.WriteNumber("gflops_per_s", PerSecond(kernel.Flops));
                json.WriteNumber("gbytes_per_s", PerSecond(kernel.Bytes));
            }
            json.WriteEndObject();
            json.WriteEndObject();

            double PerSecond(double amount) => kernel.Nanoseconds > 0 ? Math.Round(amount / kernel.Nanoseconds, 3) : 0;
        }
    }

    // A complete event, left open for its arguments.
    private static void Begin(Utf8JsonWriter json, int pid, string name, string category, double at, double duration)
    {
        json.WriteStartObject();
        json.WriteString("ph", "X");
        json.WriteNumber("pid", pid);
        json.WriteNumber("tid", Track);
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteNumber("ts", Math.Round(at, 3));
        json.WriteNumber("dur", Math.Round(duration, 3));
    }

    private static void Metadata(Utf8JsonWriter json, int pid, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString("ph", "M");
        json.WriteNumber("pid", pid);
        json.WriteNumber("tid", Track);
        json.WriteString("name", name);
        json.WriteStartObject("args");
        json.WriteString("name", value);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
