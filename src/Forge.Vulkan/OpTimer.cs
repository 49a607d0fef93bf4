using System.Diagnostics;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>One variant of one op on buffers of its own: runs it on given values and times it, apart from any graph.</summary>
/// <remarks>What <c>forge bench op</c> and kernel tests share. It is recorded as a plan's steps are, in the device's buffer mode.</remarks>
internal sealed class OpTimer : IDisposable
{
    private const int Alignment = 256;
    private readonly DeviceBuffer _memory = null!;
    private readonly Transfers _transfers;
    private readonly IReadOnlyList<TensorType> _outputTypes;
    private readonly BufferSlice[] _inputs = [], _outputs = [];
    private readonly Recording _recording = null!;
    private readonly Device _device;
    private Recording? _profile;

    /// <summary>Builds the variant's pipelines and records its dispatches.</summary>
    /// <param name="device">The device.</param>
    /// <param name="pipelines">Where pipelines are built.</param>
    /// <param name="kernel">How the op runs.</param>
    /// <param name="op">The op.</param>
    /// <param name="variant">One of the kernel's variants for these types.</param>
    /// <param name="inputs">Types of the inputs.</param>
    public OpTimer(Device device, PipelineLibrary pipelines, Kernel kernel, Op op, Variant variant, IReadOnlyList<TensorType> inputs)
    {
        (_device, _transfers, _outputTypes) = (device, new Transfers(device), op.Infer(inputs));
        var total = 0L;
        try
        {
            var chosen = new ChosenKernel(kernel, variant, kernel.PlanOf(op, variant, inputs, _outputTypes));
            var started = Stopwatch.GetTimestamp();
            var built = pipelines.Get([.. KernelLowering.Requests(chosen, inputs.Count + _outputTypes.Count)]);
            BuildTime = Stopwatch.GetElapsedTime(started);

            (_inputs, _outputs) = (Place(inputs.Select(t => t.Bytes)), Place(_outputTypes.Select(t => t.Bytes)));
            var (scratch, ones) = (Place(chosen.Plan.ScratchBytes), Place(chosen.Plan.OnesBytes > 0 ? [chosen.Plan.OnesBytes] : []));
            _memory = new DeviceBuffer(device, Math.Max(4, total), MemoryUse.Device, "timed op");
            foreach (var slices in (BufferSlice[][])[_inputs, _outputs, scratch, ones])
                for (var i = 0; i < slices.Length; i++)
                    slices[i] = slices[i] with { Buffer = _memory };
            var blocks = new KernelBlocks(_inputs, _outputs, scratch, ones);
            Steps = [.. KernelLowering.Steps(op.Name, chosen.Plan, built, blocks, op.Cost(inputs, _outputTypes), new(op, inputs, variant))];
            foreach (var block in ones)
                _transfers.Fill(block, Dispatch.Bits(1f));
            _recording = Recorder.Record(device, _transfers, Steps);
        }
        catch
        {
            Dispose();
            throw;
        }

        BufferSlice[] Place(IEnumerable<long> sizes) => [.. sizes.Select(bytes =>
        {
            var slice = new BufferSlice(null!, total, Math.Max(4, bytes));
            total += (slice.Bytes + Alignment - 1) / Alignment * Alignment;
            return slice;
        })];
    }

    /// <summary>The recorded dispatches.</summary>
    public IReadOnlyList<RecordedStep> Steps { get; } = [];

    /// <summary>What the last profile or replay took on the host.</summary>
    public HostTimes HostTimes { get; private set; }

    /// <summary>What the variant's pipelines took to build, together; nothing where the library had them.</summary>
    public TimeSpan BuildTime { get; }

    /// <summary>Runs once on these values.</summary>
    /// <param name="inputs">Values of the inputs.</param>
    /// <returns>Values of the outputs.</returns>
    public IReadOnlyList<HostTensor> Run(params IReadOnlyList<HostTensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
            _transfers.Upload(_inputs[i], inputs[i].Bytes);
        _recording.Run("timing an op");
        var outputs = _outputTypes.Select(t => new HostTensor(t)).ToArray();
        for (var i = 0; i < outputs.Length; i++)
            _transfers.Download(_outputs[i], outputs[i].Bytes);
        return outputs;
    }

    /// <summary>Runs again and again on what the buffers hold.</summary>
    /// <param name="warmup">Runs before the clock starts.</param>
    /// <param name="runs">Runs on the clock.</param>
    /// <returns>What each took from submission to the end, in ms, in order.</returns>
    public IReadOnlyList<double> Time(int warmup, int runs)
    {
        for (var i = 0; i < warmup; i++)
            _recording.Run("timing an op");
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            _recording.Run("timing an op");
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return times;
    }

    /// <summary>Runs once on what the buffers hold, each dispatch timed and waiting for the one before.</summary>
    /// <returns>A time for each dispatch; none where the device has no timestamps.</returns>
    public IReadOnlyList<StepTiming> Profile()
    {
        _profile ??= Recorder.Record(_device, _transfers, Steps, profile: true);
        HostTimes = Run(_profile);
        return _profile.Timings();
    }

    /// <summary>Runs once on what the buffers hold, as <see cref="Time"/> does.</summary>
    public void Replay() => HostTimes = Run(_recording);

    /// <inheritdoc/>
    public void Dispose()
    {
        _profile?.Dispose();
        _recording?.Dispose();  // the constructor may have failed before these were made
        _transfers.Dispose();
        _memory?.Dispose();
    }

    private static HostTimes Run(Recording recording)
    {
        var started = Stopwatch.GetTimestamp();
        recording.Run("timing an op");
        return new(started, TimeSpan.Zero, recording.SubmitTime, recording.WaitTime, TimeSpan.Zero);
    }
}
