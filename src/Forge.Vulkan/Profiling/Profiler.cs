using System.Diagnostics;
using Forge.Core;

namespace Forge.Vulkan.Profiling;

/// <summary>Runs a step again and again, by turns as users run it and with a timestamp before and after each dispatch.</summary>
/// <remarks>With timestamps each dispatch waits for the one before: what kernels would overlap on a large device is told one after the other.</remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Profiler
{
    /// <summary>Profiles a compiled function. It changes state as that many runs do.</summary>
    /// <param name="backend">The backend of the function's engine; opened with <see cref="VulkanOptions.Statistics"/> it tells registers too.</param>
    /// <param name="name">What the function is, for reports.</param>
    /// <param name="function">The function.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="runs">Runs of each sort, after one to warm up; at least 1.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <exception cref="DeviceException">The device has no timestamps.</exception>
    public static StepProfile Profile(VulkanBackend backend, string name, CompiledFunction function, IReadOnlyList<HostTensor> arguments, int runs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(function);
        RequireTimestamps(backend);
        function.Run(arguments);
        var executable = (Executable)function.Executable!;
        var plan = function.Plan!;
        return Profile(backend, name, executable.Steps, Plain, Timed, runs, cancellation) with { ArenaBytes = plan.RegionBytes[Region.Arena], LiveBytes = plan.LiveBytesPeak };

        HostTimes Plain()
        {
            function.Run(arguments);
            return executable.HostTimes;
        }

        (HostTimes, IReadOnlyList<StepTiming>) Timed()
        {
            var timings = executable.Profile(arguments);
            return (executable.HostTimes, timings);
        }
    }

    /// <summary>Profiles an op on buffers of its own, on the values they hold.</summary>
    internal static StepProfile Profile(VulkanBackend backend, string name, OpTimer timer, int runs, CancellationToken cancellation = default)
    {
        RequireTimestamps(backend);
        return Profile(backend, name, timer.Steps, Plain, Timed, runs, cancellation);

        HostTimes Plain()
        {
            timer.Replay();
            return timer.HostTimes;
        }

        (HostTimes, IReadOnlyList<StepTiming>) Timed()
        {
            var timings = timer.Profile();
            return (timer.HostTimes, timings);
        }
    }

    /// <summary>Throws where there is no clock to profile by.</summary>
    internal static void RequireTimestamps(VulkanBackend backend)
    {
        if (backend.Limits.TimestampPeriod <= 0)
            throw new DeviceException($"{backend.DeviceInUse.Name} has no timestamps on its compute queue, so its kernels cannot be timed. Use forge bench, or another device with --device.");
    }

    /// <summary>The middle value, or the mean of the two.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static StepProfile Profile(
        VulkanBackend backend, string name, IReadOnlyList<RecordedStep> steps, Func<HostTimes> plain, Func<(HostTimes, IReadOnlyList<StepTiming>)> timed, int runs, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        _ = (plain(), timed()); // the first of each compiles, allocates and fills caches
        var all = new List<ProfiledRun>();
        for (var i = 0; i < runs; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            var host = plain();
            all.Add(new(host, Stopwatch.GetElapsedTime(started), []));
            started = Stopwatch.GetTimestamp();
            (host, var timings) = timed();
            all.Add(new(host, Stopwatch.GetElapsedTime(started), timings));
        }
        var clocked = all.Where(r => r.Device.Count > 0).Select(r => r.Device).ToArray();
        return new(name, Commands(steps), all, Kernels(backend, steps, clocked), Median(clocked.Select(Gaps)));
    }

    private static List<ProfiledCommand> Commands(IReadOnlyList<RecordedStep> steps)
    {
        var parts = steps.GroupBy(Use, ReferenceEqualityComparer.Instance).ToDictionary(g => g.Key!, g => g.ToArray(), ReferenceEqualityComparer.Instance);
        return [.. steps.Select(step =>
        {
            var (title, all) = (StepTitle.Of(step), parts[Use(step)]);
            return new ProfiledCommand(title.Op, title.Variant, title.Shape, Array.IndexOf(all, step) + 1, all.Length);
        })];
    }

    // Dispatches of one use of an op share its origin, the very object.
    private static object Use(RecordedStep step) => step.Origin as object ?? step;

    private static double Gaps(IReadOnlyList<StepTiming> run) =>
        (run[^1].Start + run[^1].Nanoseconds - run.Sum(t => t.Nanoseconds)) / 1e6;

    private static List<KernelProfile> Kernels(VulkanBackend backend, IReadOnlyList<RecordedStep> steps, IReadOnlyList<IReadOnlyList<StepTiming>> runs)
    {
        var ms = steps.Select((_, i) => Median(runs.Select(r => r[i].Nanoseconds / 1e6))).ToArray();
        var total = ms.Sum();
        var kernels = new List<KernelProfile>();
        foreach (var group in Enumerable.Range(0, steps.Count).GroupBy(i => StepTitle.Of(steps[i])))
        {
            var (parts, time) = (group.Select(i => steps[i]).ToArray(), group.Sum(i => ms[i]));
            var pipelines = parts.OfType<RecordedDispatch>().Select(d => d.Pipeline).Distinct();
            var calls = parts.DistinctBy(Use, ReferenceEqualityComparer.Instance).Count();
            kernels.Add(new(group.Key.Op, group.Key.Variant, group.Key.Shape, calls, parts.Length, parts[0].Origin?.Variant.Lanes ?? 0, time, total > 0 ? time / total : 0,
                parts.Sum(p => p.Flops), parts.Sum(p => p.Bytes), [.. pipelines.SelectMany(p => PipelineStatistics.Of(backend.Device, p))]));
        }
        return [.. kernels.OrderByDescending(k => k.Ms)];
    }
}
