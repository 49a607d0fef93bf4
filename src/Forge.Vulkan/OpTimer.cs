using System.Diagnostics;
using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>One variant of one op on buffers of its own: runs it on given values and times it, apart from any graph.</summary>
/// <remarks>What tuning, benchmarks and kernel tests share. Dispatches follow one another with a full barrier between them.</remarks>
internal sealed unsafe class OpTimer : IDisposable
{
    private const int Alignment = 256;
    private readonly Device _device;
    private readonly CommandPool _pool;
    private readonly CommandBuffer _commands;
    private readonly DeviceBuffer _memory;
    private readonly Transfers _transfers;
    private readonly IReadOnlyList<TensorType> _outputTypes;
    private readonly BufferSlice[] _inputs;
    private readonly BufferSlice[] _outputs;
    private readonly BufferSlice[] _scratch;

    /// <summary>Builds the variant's pipelines and records its dispatches.</summary>
    /// <param name="device">The device; its buffer mode must be <see cref="BufferMode.Address"/>.</param>
    /// <param name="pipelines">Where pipelines are built.</param>
    /// <param name="kernel">How the op runs.</param>
    /// <param name="op">The op.</param>
    /// <param name="variant">One of the kernel's variants for these types.</param>
    /// <param name="inputs">Types of the inputs.</param>
    public OpTimer(Device device, PipelineLibrary pipelines, Kernel kernel, Op op, Variant variant, IReadOnlyList<TensorType> inputs)
    {
        if (device.Limits.Mode != BufferMode.Address)
            throw new ArgumentException("An op is timed with device addresses.", nameof(device));
        (_device, _transfers, _outputTypes) = (device, new Transfers(device), op.Infer(inputs));
        var plan = kernel.PlanOf(op, variant, inputs, _outputTypes);
        var total = 0L;
        BufferSlice[] Place(IEnumerable<long> sizes) => [.. sizes.Select(bytes =>
        {
            var slice = new BufferSlice(null!, total, Math.Max(4, bytes));
            total += (slice.Bytes + Alignment - 1) / Alignment * Alignment;
            return slice;
        })];
        _inputs = Place(inputs.Select(t => t.Bytes));
        _outputs = Place(_outputTypes.Select(t => t.Bytes));
        _scratch = Place(plan.ScratchBytes);
        _memory = new DeviceBuffer(device, Math.Max(4, total), MemoryUse.Device, "timed op");
        foreach (var slices in (BufferSlice[][])[_inputs, _outputs, _scratch])
            for (var i = 0; i < slices.Length; i++)
                slices[i] = slices[i] with { Buffer = _memory };
        (_pool, _commands) = CommandBuffers.CreatePool(device, "timed op");
        Record(kernel, variant, plan, pipelines);
    }

    /// <summary>What the variant's pipelines took to build the first time, together.</summary>
    public TimeSpan BuildTime { get; private set; }

    /// <summary>Runs once on these values.</summary>
    /// <param name="inputs">Values of the inputs.</param>
    /// <returns>Values of the outputs.</returns>
    public IReadOnlyList<HostTensor> Run(params IReadOnlyList<HostTensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
            _transfers.Upload(_inputs[i], inputs[i].Bytes);
        Once();
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
            Once();
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Once();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return times;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.Vk.DestroyCommandPool(_device.Handle, _pool, null);
        _transfers.Dispose();
        _memory.Dispose();
    }

    private void Once()
    {
        var commands = _commands;
        _device.Wait(_device.Submit(new ReadOnlySpan<CommandBuffer>(ref commands), "timing an op"), "timing an op");
    }

    private void Record(Kernel kernel, Variant variant, KernelPlan plan, PipelineLibrary pipelines)
    {
        var vk = _device.Vk;
        var started = Stopwatch.GetTimestamp();
        var bindings = plan.Dispatches.Select(d => d.Bindings ?? [.. _inputs.Select((_, i) => Slot.Input(i)), .. _outputs.Select((_, i) => Slot.Output(i))]).ToList();
        var built = pipelines.Get([.. plan.Dispatches.Select((d, i) => new PipelineRequest(
            new ShaderRequest(d.Shader ?? kernel.ShaderOf(variant), d.Source, d.Defines ?? variant.Defines, d.Includes),
            d.Constants ?? variant.Constants ?? [variant.Lanes], bindings[i].Count, d.Push.Count, d.LaneTable ?? variant.LaneTable))]);
        BuildTime = Stopwatch.GetElapsedTime(started);
        CommandBuffers.Begin(_device, _commands, "timing an op");
        for (var i = 0; i < built.Count; i++)
        {
            var (pipeline, dispatch) = (built[i], plan.Dispatches[i]);
            if (pipeline.Push.UsesTable)
                throw new ArgumentException($"{pipeline.Name} has too many buffers to be timed alone.", nameof(plan));
            var addresses = bindings[i].Select(s => (s.Kind switch { SlotKind.Input => _inputs, SlotKind.Output => _outputs, _ => _scratch })[s.Index].Address + (ulong)s.Offset).ToArray();
            var push = pipeline.Push.Fill([.. dispatch.Push], addresses, 0);
            vk.CmdBindPipeline(_commands, PipelineBindPoint.Compute, pipeline.Handle);
            fixed (byte* p = push)
                vk.CmdPushConstants(_commands, pipeline.Layout, ShaderStageFlags.ComputeBit, 0, (uint)push.Length, p);
            vk.CmdDispatch(_commands, dispatch.Grid.X, dispatch.Grid.Y, dispatch.Grid.Z);
            CommandBuffers.Barrier(_device, _commands, host: true);
        }
        vk.EndCommandBuffer(_commands).Check("vkEndCommandBuffer", "timing an op");
    }
}
