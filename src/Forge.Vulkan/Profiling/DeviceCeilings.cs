using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Profiling;

/// <summary>The most that a device did in a short test: what a roofline is drawn from, and what a profile's per cent are of.</summary>
/// <param name="Gflops">10^9 floating-point operations a second of multiply-adds on registers.</param>
/// <param name="MemoryGbs">10^9 bytes a second, read and written, of the faster of two passes over more than caches hold: a ReLU and a sum of rows.</param>
/// <param name="CacheGbs">The same of passes over what a cache holds; at least <paramref name="MemoryGbs"/>.</param>
/// <param name="LaunchMs">What an empty dispatch takes, in ms.</param>
/// <remarks>The launch is subtracted from the other three, so that they are no lower than what large kernels can reach.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DeviceCeilings(double Gflops, double MemoryGbs, double CacheGbs, double LaunchMs)
{
    private const int Workgroups = 4096, Lanes = 64, FlopsPerRound = 16 * 24, Launches = 33, Runs = 8;
    private const double LongEnoughMs = 10;
    // 64 MiB in and as much out; 4 MiB of each, which last-level caches hold and which takes much longer than a launch.
    private const int StreamFloats = 1 << 24, CacheShare = 16;

    /// <summary>The multiply-adds on registers.</summary>
    internal static PipelineRequest ArithmeticPipeline { get; } = new(new ShaderRequest("Ceiling.comp"), [Lanes], Buffers: 1, PushWords: 3, LaneTable: 0);

    /// <summary>Measures a device; about a second on a processor.</summary>
    /// <param name="backend">The device, which does nothing else meanwhile.</param>
    /// <exception cref="DeviceException">The device has no timestamps.</exception>
    public static DeviceCeilings Measure(VulkanBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        Profiler.RequireTimestamps(backend);
        var pipeline = backend.Pipelines.Get(ArithmeticPipeline);
        using var buffer = new DeviceBuffer(backend.Device, 4L * Workgroups * Lanes, MemoryUse.Device, "ceiling");
        var target = new BufferAccess(new(buffer, 0, buffer.Bytes), true);
        var launches = Time(backend, [.. Enumerable.Repeat(Arithmetic(1, 0), Launches)]);

        // Twice as long until it is long: a processor takes milliseconds for what a card does in microseconds.
        var (rounds, compute) = (1u, 0.0);
        for (var ms = 0.0; ms < LongEnoughMs && rounds < 1 << 20; rounds *= 2)
        {
            ms = Time(backend, [.. Enumerable.Repeat(Arithmetic(Workgroups, rounds), Runs)]).Min();
            compute = (double)Workgroups * Lanes * FlopsPerRound * rounds / Beyond(ms) / 1e6;
        }
        var memory = Stream(StreamFloats);
        var cache = Stream(StreamFloats / CacheShare);
        return new(compute, memory, Math.Max(memory, cache), launches.Order().ElementAt(Launches / 2));

        RecordedStep Arithmetic(int workgroups, uint count) =>
            new RecordedDispatch("ceiling", pipeline, new Grid((uint)workgroups), [count, Dispatch.Bits(0.999f), Dispatch.Bits(0.001f)], [target]);

        double Stream(int floats)
        {
            TensorType[] matrix = [new(DType.F32, (floats / 1024, 1024))];
            return Math.Max(Rate(FusedElementwiseOp.Of(new ReluOp(), matrix)), Rate(new ReduceOp(Reduction.Sum, [1], KeepDims: false)));

            double Rate(Op op)
            {
                var kernel = KernelTable.Find(op)!;
                using var timer = new OpTimer(backend.Device, backend.Pipelines, kernel, op, kernel.VariantsOf(op, matrix, op.Infer(matrix), backend.Limits)[0], matrix);
                var best = Enumerable.Range(0, 2 * Runs).Min(_ => timer.Profile().Sum(t => Beyond(t.Nanoseconds / 1e6)));
                return op.Cost(matrix, op.Infer(matrix)).Bytes / best / 1e6;
            }
        }

        double Beyond(double ms) => Math.Max(ms - launches.Min(), ms / 10);
    }

    /// <summary>The higher of each of two measurements: what else a machine does can only lower a ceiling.</summary>
    public DeviceCeilings Or(DeviceCeilings other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Math.Max(Gflops, other.Gflops), Math.Max(MemoryGbs, other.MemoryGbs), Math.Max(CacheGbs, other.CacheGbs), Math.Min(LaunchMs, other.LaunchMs));
    }

    private static double[] Time(VulkanBackend backend, IReadOnlyList<RecordedStep> steps)
    {
        using var recording = Recorder.Record(backend.Device, backend.Transfers, steps, profile: true);
        recording.Run("measuring the device");
        return [.. recording.Timings().Select(t => t.Nanoseconds / 1e6)];
    }
}
