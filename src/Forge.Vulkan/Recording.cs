using System.Diagnostics;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>What a step took.</summary>
/// <param name="Name">The step: the node's label.</param>
/// <param name="Kernel">Shader and constants, or what kind of transfer it was.</param>
/// <param name="Start">When it began, in ns after the first step did.</param>
/// <param name="Nanoseconds">Its time on the device, in ns.</param>
/// <param name="Flops">Its floating-point operations.</param>
/// <param name="Bytes">The bytes it moves at least.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record StepTiming(string Name, string Kernel, double Start, double Nanoseconds, double Flops, double Bytes);

/// <summary>Recorded command buffers, replayed at will. One replay runs at a time.</summary>
internal sealed unsafe class Recording : IDisposable
{
    private readonly Device _device;
    private readonly CommandPool _pool;
    private readonly List<CommandBuffer> _commands = [];
    private readonly CommandBuffer _first;

    /// <summary>Prepares a recording of <paramref name="steps"/>; <see cref="Recorder"/> writes it.</summary>
    public Recording(Device device, Transfers transfers, IReadOnlyList<RecordedStep> steps, bool profile)
    {
        (_device, Steps, BarrierBefore) = (device, steps, BarrierSchedule.Before(steps));
        (_pool, _first) = CommandBuffers.CreatePool(device, "recording");
        try
        {
            Tables = new AddressTables(device, transfers, steps);
            Sets = new DescriptorSets(device, steps);
            Labels = DebugLabels.For(device);
            if (profile && steps.Count > 0)
                Queries = CreateQueries();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<RecordedStep> Steps { get; }

    /// <summary>Launches in a replay.</summary>
    public int Dispatches { get; set; }

    /// <summary>Barriers between steps in a replay.</summary>
    public int Barriers => BarrierBefore.Count(b => b);

    /// <summary>Whether a barrier stands before each step.</summary>
    public IReadOnlyList<bool> BarrierBefore { get; }

    /// <summary>Submissions in a replay.</summary>
    public int Submissions => _commands.Count;

    /// <summary>Address tables.</summary>
    public AddressTables Tables { get; } = null!;

    /// <summary>Descriptor sets.</summary>
    public DescriptorSets Sets { get; } = null!;

    /// <summary>Labels for tools, or null.</summary>
    public DebugLabels? Labels { get; }

    /// <summary>Two timestamps a step, or none.</summary>
    public QueryPool Queries { get; }

    /// <summary>What handing the last replay to the driver took.</summary>
    public TimeSpan SubmitTime { get; private set; }

    /// <summary>What waiting for the last replay took.</summary>
    public TimeSpan WaitTime { get; private set; }

    /// <summary>A fresh command buffer, submitted after those before it.</summary>
    public CommandBuffer NextCommands()
    {
        _commands.Add(_commands.Count == 0 ? _first : CommandBuffers.Allocate(_device, _pool, "recording"));
        return _commands[^1];
    }

    /// <summary>Replays everything and waits for it. It cannot be given up half-way: that would leave half a step in the state.</summary>
    /// <param name="operation">What this is, for messages.</param>
    /// <exception cref="BoundsException">A checked kernel left a slice.</exception>
    public void Run(string operation)
    {
        ulong last = 0;
        var started = Stopwatch.GetTimestamp();
        foreach (var commands in _commands)
        {
            var one = commands;
            last = _device.Submit(new ReadOnlySpan<CommandBuffer>(ref one), operation);
        }
        var submitted = Stopwatch.GetTimestamp();
        _device.Wait(last, operation);
        (SubmitTime, WaitTime) = (Stopwatch.GetElapsedTime(started, submitted), Stopwatch.GetElapsedTime(submitted));
        Tables.ThrowFault();
    }

    /// <summary>What each step of the last replay took, if it was recorded for a profile.</summary>
    public IReadOnlyList<StepTiming> Timings()
    {
        if (Queries.Handle == 0)
            return [];
        var ticks = new ulong[2 * Steps.Count];
        fixed (ulong* p = ticks)
            _device.Vk.GetQueryPoolResults(_device.Handle, Queries, 0, (uint)ticks.Length, (nuint)(8 * ticks.Length), p, 8, QueryResultFlags.Result64Bit | QueryResultFlags.ResultWaitBit)
                .Check("vkGetQueryPoolResults", "reading a profile");
        return [.. Steps.Select((s, i) => new StepTiming(s.Name, s is RecordedDispatch d ? d.Pipeline.Name : s.GetType().Name, Between(0, 2 * i), Between(2 * i, 2 * i + 1), s.Flops, s.Bytes))];

        double Between(int from, int to) => (ticks[to] - ticks[from]) * (double)_device.Limits.TimestampPeriod;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.Vk.DestroyQueryPool(_device.Handle, Queries, null);
        _device.Vk.DestroyCommandPool(_device.Handle, _pool, null);
        Sets?.Dispose();    // the constructor may have failed before these were made
        Tables?.Dispose();
    }

    private QueryPool CreateQueries()
    {
        var create = new QueryPoolCreateInfo { SType = StructureType.QueryPoolCreateInfo, QueryType = QueryType.Timestamp, QueryCount = (uint)(2 * Steps.Count) };
        QueryPool queries;
        _device.Vk.CreateQueryPool(_device.Handle, &create, null, &queries).Check("vkCreateQueryPool", "preparing a profile");
        return queries;
    }
}
