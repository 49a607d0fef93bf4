namespace Forge.Vulkan.Tests;

/// <summary>A device with what a test needs to run shaders on it, SPIR-V shared by the tests of a process, and no cache on disk.</summary>
internal sealed class DeviceUnderTest : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>The modules of this process; no driver is part of their keys.</summary>
    public static SpirvCache Compiled { get; } = new(null);

    public DeviceUnderTest(string driver, BufferMode? mode = null, bool validation = false, EntryPointHook? hook = null, Func<DeviceLimits, DeviceLimits>? narrow = null,
        bool shared = false, bool staged = false, bool gpuAssisted = false, bool acrossSubmissions = true)
    {
        Device = Drivers.Open(driver, new() { Mode = mode, Validation = validation, GpuAssisted = gpuAssisted, Hook = hook, Narrow = narrow, Staged = staged }, shared, acrossSubmissions);
        Transfers = new(Device);
        Pipelines = new(Device, new ShaderCompiler(cache: Compiled), cacheRoot: null);
        MatrixProbe.Confirm(Device, Pipelines);
    }

    public Device Device { get; }

    public Transfers Transfers { get; }

    public PipelineLibrary Pipelines { get; }

    /// <summary>A buffer of these words.</summary>
    public BufferSlice Words<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values);
        var buffer = new DeviceBuffer(Device, bytes.Length, MemoryUse.Device, "test");
        _buffers.Add(buffer);
        var slice = new BufferSlice(buffer, 0, bytes.Length);
        Transfers.Upload(slice, bytes);
        return slice;
    }

    public T[] Read<T>(BufferSlice slice) where T : unmanaged
    {
        var values = new T[slice.Bytes / System.Runtime.CompilerServices.Unsafe.SizeOf<T>()];
        Transfers.Download(slice, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public RecordedDispatch Dispatch(string name, string glsl, Grid grid, IReadOnlyList<uint> constants, IReadOnlyList<uint> words, int laneTable, params BufferAccess[] bindings) =>
        new(name, Pipelines.Get(new PipelineRequest(new ShaderRequest(name + ".comp", glsl), constants, bindings.Length, words.Count, laneTable)), grid, words, bindings);

    public Recording Record(params RecordedStep[] steps) => Recorder.Record(Device, Transfers, steps);

    public Recording RecordProfile(params RecordedStep[] steps) => Recorder.Record(Device, Transfers, steps, profile: true);

    public void Run(params RecordedStep[] steps)
    {
        using var recording = Record(steps);
        recording.Run("a test");
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Dispose();
        Pipelines.Dispose();
        Transfers.Dispose();
        Device.Dispose();
    }
}
