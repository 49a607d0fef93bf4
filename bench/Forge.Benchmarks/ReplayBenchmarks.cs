using BenchmarkDotNet.Attributes;
using Forge.Core;
using Forge.Vulkan;

namespace Forge.Benchmarks;

/// <summary>
/// A recorded plan runs again: arguments in, submission, waiting, results out. Its kernels have next to nothing to do, so what grows with their number is
/// what a dispatch costs host and driver together. Needs a device.
/// </summary>
[MemoryDiagnoser]
public class ReplayBenchmarks
{
    private const int Side = 4;
    private readonly HostTensor _matrix = new(new(DType.F32, (Side, Side)));
    private Engine _engine = null!;
    private CompiledFunction _chain = null!;

    /// <summary>Products of small matrices, each of the one before: no two of them fuse or run at once.</summary>
    [Params(1, 16, 64)]
    public int Dispatches { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _engine = Engine.Open(new());
        _chain = _engine.Compile((Tensor x) =>
        {
            var y = x;
            for (var i = 0; i < Dispatches; i++) y = y.MatMul(x);
            return y;
        });
        _chain.Run(_matrix);
        if (_chain.Executable is Executable { Counts.Dispatches: var recorded } && recorded < Dispatches)
            throw new InvalidOperationException($"{recorded} dispatches were recorded instead of {Dispatches}: something fused.");
    }

    [GlobalCleanup]
    public void CleanUp() => _engine.Dispose();

    /// <summary>A call as users make it.</summary>
    [Benchmark]
    public float Run() => (float)_chain.Run(_matrix)[0][0];

    /// <summary>The recording alone: submission and waiting.</summary>
    [Benchmark]
    public void Replay() => ((Executable)_chain.Executable!).Replay();
}
