using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Forge.Vulkan.Tests;

/// <summary>What the tests did on one driver: cases, pipelines, seconds. Appended to the folder FORGE_TEST_REPORTS when the process ends.</summary>
internal sealed class DriverReport
{
    private static readonly ConcurrentDictionary<string, DriverReport> s_reports = new();
    private int _tests, _pipelines;
    private long _ticks;

    static DriverReport() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Write();

    /// <summary>The report of a driver; "mesa25@4" counts for mesa25.</summary>
    public static DriverReport Of(string driver) => s_reports.GetOrAdd(driver.Split('@')[0], _ => new());

    /// <summary>Counts a case, and its time until the result is disposed.</summary>
    public IDisposable Test() => new Case(this);

    /// <summary>Counts a device's pipelines and, unless cases on it count themselves, one test and its time.</summary>
    public Device Watch(Device device, bool shared)
    {
        var test = shared ? null : Test();
        device.Disposed += d =>
        {
            Interlocked.Add(ref _pipelines, d.PipelinesBuilt);
            test?.Dispose();
        };
        return device;
    }

    private static void Write()
    {
        if (Environment.GetEnvironmentVariable("FORGE_TEST_REPORTS") is not { Length: > 0 } folder || !Directory.Exists(folder)) return;
        File.AppendAllLines(Path.Combine(folder, "Forge.Vulkan.Tests"), s_reports.Select(r => string.Create(CultureInfo.InvariantCulture,
            $"{r.Key}|{r.Value._tests}|{r.Value._pipelines}|{Stopwatch.GetElapsedTime(0, r.Value._ticks).TotalSeconds:0.0}")));
    }

    private sealed class Case : IDisposable
    {
        private readonly DriverReport _report;
        private readonly long _start = Stopwatch.GetTimestamp();

        public Case(DriverReport report)
        {
            _report = report;
            Interlocked.Increment(ref report._tests);
        }

        public void Dispose() => Interlocked.Add(ref _report._ticks, Stopwatch.GetTimestamp() - _start);
    }
}
