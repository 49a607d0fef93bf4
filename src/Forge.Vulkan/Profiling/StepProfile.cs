namespace Forge.Vulkan.Profiling;

/// <summary>What a kernel of a step does and takes: all uses of an op in one variant on inputs of the same shapes, together.</summary>
/// <param name="Op">The op, with what is fused into it.</param>
/// <param name="Variant">Family and name of the variant; "-" for a copy.</param>
/// <param name="Shape">The shapes of the inputs.</param>
/// <param name="Calls">Uses in a step.</param>
/// <param name="Dispatches">Launches in a step: some variants take several a use.</param>
/// <param name="Workgroup">Invocations in a workgroup; 0 for a copy.</param>
/// <param name="Ms">Time on the device in a step, in ms: the sum of each dispatch's median.</param>
/// <param name="Share">Its part of the time of all kernels, from 0 to 1.</param>
/// <param name="Flops">Floating-point operations in a step.</param>
/// <param name="Bytes">Bytes that must move at least in a step.</param>
/// <param name="Statistics">What the driver tells of its pipelines; nothing where it tells nothing.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record KernelProfile(
    string Op, string Variant, string Shape, int Calls, int Dispatches, uint Workgroup, double Ms, double Share, double Flops, double Bytes, IReadOnlyList<PipelineStatistic> Statistics)
{
    /// <summary>10^9 operations a second.</summary>
    public double Gflops => Flops / Ms / 1e6;

    /// <summary>10^9 bytes a second of those that must move.</summary>
    public double Gbs => Bytes / Ms / 1e6;

    /// <summary>Arithmetic intensity: operations a byte that must move.</summary>
    public double Intensity => Bytes > 0 ? Flops / Bytes : 0;

    /// <summary>What bounds it: of the times that its operations, its bytes and its launches need at the least, the longest.</summary>
    /// <returns>"compute", "memory" or "launch".</returns>
    public string BoundBy(DeviceCeilings ceilings)
    {
        ArgumentNullException.ThrowIfNull(ceilings);
        var (compute, memory, launch) = (Flops / ceilings.Gflops / 1e6, Bytes / ceilings.MemoryGbs / 1e6, Dispatches * ceilings.LaunchMs);
        return launch >= Math.Max(compute, memory) ? "launch" : compute >= memory ? "compute" : "memory";
    }
}

/// <summary>One run of a step under the profiler.</summary>
/// <param name="Host">What it took on the host.</param>
/// <param name="Wall">The whole of it on the host, the engine's own work included.</param>
/// <param name="Device">What it did on the device; empty for a run as users run it, without timestamps.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ProfiledRun(HostTimes Host, TimeSpan Wall, IReadOnlyList<StepTiming> Device)
{
    /// <summary>What the driver had no part in: the engine's own work and the copying of arguments and results.</summary>
    public TimeSpan Engine => Wall - Host.Submit - Host.Wait;

    /// <summary>The engine's own work without the copying.</summary>
    public TimeSpan Replay => Engine - Host.Upload - Host.Download;
}

/// <summary>One command of a step, in its order.</summary>
/// <param name="Op">The op, with what is fused into it.</param>
/// <param name="Variant">Family and name of the variant; "-" for a copy.</param>
/// <param name="Shape">The shapes of the op's inputs.</param>
/// <param name="Part">Which of the use's dispatches it is, from 1.</param>
/// <param name="Parts">How many dispatches the use of the op takes.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ProfiledCommand(string Op, string Variant, string Shape, int Part, int Parts);

/// <summary>A step, kernel by kernel. Times are medians over the runs.</summary>
/// <param name="Name">What ran.</param>
/// <param name="Commands">What a run does, in order; <see cref="ProfiledRun.Device"/> has a time for each.</param>
/// <param name="Runs">Every run, in order: by turns one as users run it and one with timestamps.</param>
/// <param name="Kernels">The kernels, the longest first.</param>
/// <param name="GapsMs">Time between the kernels of a run with timestamps, in ms.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record StepProfile(string Name, IReadOnlyList<ProfiledCommand> Commands, IReadOnlyList<ProfiledRun> Runs, IReadOnlyList<KernelProfile> Kernels, double GapsMs)
{
    /// <summary>The length of the plan's arena, in bytes; null for an op alone.</summary>
    public long? ArenaBytes { get; init; }

    /// <summary>The largest sum of bytes live at once in it: no arena is smaller. Null for an op alone.</summary>
    public long? LiveBytes { get; init; }

    /// <summary>Time in kernels, in ms.</summary>
    public double KernelsMs => Kernels.Sum(k => k.Ms);

    /// <summary>Launches in a step.</summary>
    public int Dispatches => Kernels.Where(k => k.Workgroup > 0).Sum(k => k.Dispatches);

    /// <summary>From submission to the end of a run with timestamps, in ms; the median.</summary>
    public double ClockedMs => Profiler.Median(Runs.Where(r => r.Device.Count > 0).Select(r => (r.Host.Submit + r.Host.Wait).TotalMilliseconds));

    /// <summary>Runs without timestamps.</summary>
    public IEnumerable<ProfiledRun> Plain => Runs.Where(r => r.Device.Count == 0);

    /// <summary>The median over the runs without timestamps, in ms.</summary>
    /// <param name="time">Which time of a run.</param>
    public double PlainMs(Func<ProfiledRun, TimeSpan> time) => Profiler.Median(Plain.Select(r => time(r).TotalMilliseconds));
}
