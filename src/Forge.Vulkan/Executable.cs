using System.Buffers.Binary;
using System.Diagnostics;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>What one run of a plan does on the device.</summary>
/// <param name="Dispatches">Kernel launches.</param>
/// <param name="Barriers">Barriers between steps.</param>
/// <param name="Submissions">Submissions to the queue.</param>
/// <param name="Pipelines">Different pipelines.</param>
/// <param name="AllocatedBytes">Memory the plan owns, in bytes; state not counted.</param>
/// <param name="BytesMoved">Bytes that its steps must read and write at least.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ExecutableCounts(int Dispatches, int Barriers, int Submissions, int Pipelines, long AllocatedBytes, long BytesMoved);

/// <summary>What one run of a plan took on the host, part after part.</summary>
/// <param name="Started">When it began: <see cref="Stopwatch.GetTimestamp"/>.</param>
/// <param name="Upload">Copying arguments and host scalars into place.</param>
/// <param name="Submit">Handing the commands to the driver.</param>
/// <param name="Wait">Waiting for the device.</param>
/// <param name="Download">Copying results out.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct HostTimes(long Started, TimeSpan Upload, TimeSpan Submit, TimeSpan Wait, TimeSpan Download);

/// <summary>A plan as Vulkan objects: buffers, pipelines and command buffers recorded once.</summary>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class Executable : IExecutable
{
    // In f32, f16 and bf16; of integers, the largest.
    private const uint NotANumber = 0xffff_ffff;

    private readonly VulkanBackend _backend;
    private readonly Plan _plan;
    private readonly Dictionary<Region, DeviceBuffer> _regions = [];
    // What the host writes before a run and reads after it: the region itself where it is mapped, else a buffer that the recording copies.
    private readonly Dictionary<Region, DeviceBuffer> _hostSide = [];
    private readonly IReadOnlyList<RecordedStep> _steps = [];
    private readonly Recording _recording = null!;
    private Recording? _profile;
    private DeviceBuffer? _ones;
    // What the transfer in progress reads and writes: in fields, so that a step makes no closures.
    private readonly PartAction _fill, _drain;
    private IReadOnlyList<HostTensor> _inputs = [];
    private HostTensor[] _results = [];

    internal Executable(VulkanBackend backend, Plan plan)
    {
        (_backend, _plan, _fill, _drain) = (backend, plan, Fill, Drain);
        try
        {
            foreach (var (region, bytes) in plan.RegionBytes)
                if (bytes > 0)
                    _regions[region] = new DeviceBuffer(backend.Device, bytes, MemoryUse.Device, region.ToString().ToLowerInvariant());
            Initialize();
            _steps = [.. CopyOf(Region.Input), .. Lower(), .. CopyOf(Region.Output)];
            _recording = Recorder.Record(backend.Device, backend.Transfers, _steps);
            backend.Pipelines.Save();
        }
        catch
        {
            Dispose();
            throw;
        }
        Counts = new(_recording.Dispatches, _recording.Barriers, _recording.Submissions,
            _steps.OfType<RecordedDispatch>().Select(d => d.Pipeline).Distinct().Count(), _regions.Values.Concat(_hostSide.Values).Distinct().Sum(r => r.Bytes) + (_ones?.Bytes ?? 0),
            (long)Math.Round(_steps.Sum(s => s.Bytes)));
    }

    /// <summary>What a run does.</summary>
    public ExecutableCounts Counts { get; }

    /// <summary>What its pipelines took to build; most of them at once, on every core.</summary>
    public TimeSpan PipelineTime { get; private set; }

    /// <summary>The variant each kernel step runs, by the step's label: stored with a checkpoint, because results depend on it to the bit.</summary>
    public IEnumerable<(string Label, string Kernel, string Variant)> Variants =>
        _plan.Kernels.Select(k => (k.Node.Label, _backend.Choose(k.Node).Kernel.Stem, _backend.Choose(k.Node).Variant.Label));

    /// <inheritdoc/>
    public IReadOnlyList<string> VariantTable => [.. Variants.Select(v => $"{v.Label}: {v.Kernel} {v.Variant}")];

    /// <summary>What the last run took on the host.</summary>
    public HostTimes HostTimes { get; private set; }

    /// <summary>The recorded steps, for profiles and the hazard checker.</summary>
    internal IReadOnlyList<RecordedStep> Steps => _steps;

    /// <summary>Whether a barrier stands before each step.</summary>
    internal IReadOnlyList<bool> BarrierBefore => _recording.BarrierBefore;

    /// <inheritdoc/>
    public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs)
    {
        var started = Stopwatch.GetTimestamp();
        Upload(inputs);
        var uploaded = Stopwatch.GetTimestamp();
        _recording.Run("running a plan");
        var ran = Stopwatch.GetTimestamp();
        var results = Download();
        HostTimes = new(started, Stopwatch.GetElapsedTime(started, uploaded), _recording.SubmitTime, _recording.WaitTime, Stopwatch.GetElapsedTime(ran));
        return results;
    }

    /// <summary>Runs the plan once, each step timed and waiting for the one before. It changes state as any run does.</summary>
    /// <returns>A time for each step; none where the device has no timestamps.</returns>
    public IReadOnlyList<StepTiming> Profile(IReadOnlyList<HostTensor> inputs)
    {
        _profile ??= Recorder.Record(_backend.Device, _backend.Transfers, _steps, profile: true);
        var started = Stopwatch.GetTimestamp();
        Upload(inputs);
        var uploaded = Stopwatch.GetElapsedTime(started);
        _profile.Run("profiling a plan");
        HostTimes = new(started, uploaded, _profile.SubmitTime, _profile.WaitTime, TimeSpan.Zero);
        return _profile.Timings();
    }

    /// <summary>Runs the recorded steps again on what the buffers hold: for benchmarks, where copying is not the question.</summary>
    internal void Replay() => _recording.Run("replaying a plan");

    /// <inheritdoc/>
    public void Dispose()
    {
        _profile?.Dispose();
        _recording?.Dispose();
        foreach (var buffer in _regions.Values.Concat(_hostSide.Values).Distinct())
            buffer.Dispose();
        _regions.Clear();
        _hostSide.Clear();
        _ones?.Dispose();
    }

    private void Initialize()
    {
        if (_regions.TryGetValue(Region.Persistent, out var persistent))
            _backend.Transfers.Zero(new(persistent, 0, persistent.Bytes));
        foreach (var constant in _plan.Constants)
            _backend.Transfers.Upload(SliceOf(constant.Place), constant.Value.Bytes);
    }

    private void Upload(IReadOnlyList<HostTensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
            if (inputs[i].Type != _plan.InputTypes[i])
                throw new ShapeException($"Argument {i} is {inputs[i].Type}, but this plan was made for {_plan.InputTypes[i]}.");
        _inputs = inputs;
        // All in one pass over the region: where it is large and out of the host's reach, each part costs a submission.
        if (_hostSide.TryGetValue(Region.Input, out var region))
            _backend.Transfers.Upload(new(region, 0, region.Bytes), _fill);
        _inputs = [];
    }

    private void Fill(long at, Span<byte> part)
    {
        var inputs = _inputs;
        for (var i = 0; i < inputs.Count; i++)
            if (_plan.Inputs[i] is { } place && Shared(place, at, part.Length) is { Bytes: > 0 } shared)
                inputs[i].Bytes.Slice(shared.InPlace, shared.Bytes).CopyTo(part[shared.InPart..]);
        Span<byte> word = stackalloc byte[4];
        for (var i = 0; i < _plan.Scalars.Count; i++)
        {
            var (scalar, place) = _plan.Scalars[i];
            if (Shared(place, at, part.Length) is not { Bytes: > 0 } shared)
                continue;
            var value = scalar.Value;
            switch (scalar.DType)
            {
                case DType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(word, (float)value);
                    break;
                case DType.I32:
                    BinaryPrimitives.WriteInt32LittleEndian(word, (int)value);
                    break;
                default:
                    BinaryPrimitives.WriteUInt32LittleEndian(word, (uint)value);
                    break;
            }
            word.Slice(shared.InPlace, shared.Bytes).CopyTo(part[shared.InPart..]);
        }
    }

    private HostTensor[] Download()
    {
        var results = new HostTensor[_plan.Outputs.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = new HostTensor(_plan.Outputs[i].Type);
        _results = results;
        if (_hostSide.TryGetValue(Region.Output, out var region))
            _backend.Transfers.Download(new(region, 0, region.Bytes), _drain);
        _results = [];
        return results;
    }

    private void Drain(long at, Span<byte> part)
    {
        for (var i = 0; i < _results.Length; i++)
            if (Shared(_plan.Outputs[i].Place, at, part.Length) is { Bytes: > 0 } shared)
                part.Slice(shared.InPart, shared.Bytes).CopyTo(_results[i].Bytes[shared.InPlace..]);
    }

    // The bytes that a place and a part of its region have in common: where they start in each, and how many they are.
    private static (int InPlace, int InPart, int Bytes) Shared(Placement place, long at, int length)
    {
        var (first, end) = (Math.Max(place.Offset, at), Math.Min(place.Offset + place.Bytes, at + length));
        return first < end ? ((int)(first - place.Offset), (int)(first - at), (int)(end - first)) : default;
    }

    // A region out of the host's reach is copied in the recording, so that a run is one submission; a large one is not held twice, but goes in parts.
    private IEnumerable<RecordedStep> CopyOf(Region region)
    {
        if (!_regions.TryGetValue(region, out var buffer))
            return [];
        if (buffer.IsMapped || buffer.Bytes > _backend.Device.StagingBytes)
        {
            _hostSide[region] = buffer;
            return [];
        }
        var staging = _hostSide[region] = new DeviceBuffer(_backend.Device, buffer.Bytes, MemoryUse.Staging, $"{buffer.Name}, host side");
        BufferSlice there = new(buffer, 0, buffer.Bytes), here = new(staging, 0, staging.Bytes);
        return [region == Region.Input ? new RecordedCopy("arguments", here, there) { Bytes = 2 * here.Bytes } : new RecordedCopy("results", there, here) { Bytes = 2 * here.Bytes }];
    }

    private BufferSlice SliceOf(Placement place) =>
        new(place.Region == Region.State ? ((VulkanStateBlock)place.Block!).Buffer : _regions[place.Region], place.Offset, place.Bytes);

    // Pipelines are asked for all at once, so that they are built in parallel.
    private List<RecordedStep> Lower()
    {
        var kernels = _plan.Kernels.Select(step => (Step: step, Chosen: _backend.Choose(step.Node))).ToList();
        var requests = kernels.Select(k => KernelLowering.Requests(k.Chosen, k.Step.Inputs.Count + k.Step.Outputs.Count)).ToList();
        var started = Stopwatch.GetTimestamp();
        var pipelines = new Queue<ComputePipeline>(Build([.. kernels.Select((k, i) => (k.Step.Node, k.Chosen, requests[i].ToArray()))]));
        PipelineTime = Stopwatch.GetElapsedTime(started);
        BufferSlice[] ones = Ones(kernels.Max(k => (long?)k.Chosen.Plan.OnesBytes) ?? 0) is { } all ? [all] : [];

        var steps = new List<RecordedStep>();
        var freed = _backend.SpoilsFreed ? _plan.Slots.ToLookup(s => s.Last) : null;
        if (freed is not null && _regions.TryGetValue(Region.Arena, out var arena)) steps.Add(new RecordedFill("the arena before a run", new(arena, 0, arena.Bytes), NotANumber));
        for (var i = 0; i < _plan.Steps.Count; i++)
        {
            switch (_plan.Steps[i])
            {
                case KernelStep kernel:
                    var (op, types, chosen) = (kernel.Node.Op, kernel.Node.InputTypes, _backend.Choose(kernel.Node));
                    var blocks = new KernelBlocks([.. kernel.Inputs.Select(SliceOf)], [.. kernel.Outputs.Select(SliceOf)], [.. kernel.Scratch.Select(SliceOf)], ones);
                    ComputePipeline[] built = [.. chosen.Plan.Dispatches.Select(_ => pipelines.Dequeue())];
                    steps.AddRange(KernelLowering.Steps(kernel.Node.Label, chosen.Plan, built, blocks, op.Cost(types, kernel.Node.OutputTypes), new(op, types, chosen.Variant)));
                    break;
                case CopyStep copy:
                    steps.Add(new RecordedCopy(copy.Label, SliceOf(copy.From), SliceOf(copy.To)) { Bytes = 2 * copy.From.Bytes });
                    break;
                default:
                    throw new InvalidOperationException($"unknown step {_plan.Steps[i]}");
            }
            foreach (var slot in freed?[i] ?? []) steps.Add(new RecordedFill($"free after step {i}", SliceOf(new(Region.Arena, slot.Offset, slot.Bytes)), NotANumber));
        }
        return steps;
    }

    private IReadOnlyList<ComputePipeline> Build(IReadOnlyList<(Node Node, ChosenKernel Chosen, PipelineRequest[] Requests)> kernels)
    {
        try
        {
            return _backend.Pipelines.Get([.. kernels.SelectMany(k => k.Requests)]);
        }
        catch (VulkanException problem) when (problem.IsRefusal)
        {
            // A driver may refuse what it offers features for. Whatever it refuses is named and kept out; a plan without may be had.
            var refused = false;
            foreach (var (node, chosen, requests) in kernels)
                refused |= _backend.Refuses(node, chosen, requests);
            if (refused)
                throw new KernelRefusedException($"{problem.Message} Plan again: another variant runs then.", problem);
            return _backend.Pipelines.Get([.. kernels.SelectMany(k => k.Requests)]);
        }
    }

    // The block of ones that some kernels read.
    private BufferSlice? Ones(long bytes)
    {
        if (bytes == 0) return null;
        _ones = new DeviceBuffer(_backend.Device, bytes, MemoryUse.Device, "ones");
        var all = new BufferSlice(_ones, 0, bytes);
        _backend.Transfers.Fill(all, Dispatch.Bits(1f));
        return all;
    }
}
