using BenchmarkDotNet.Attributes;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Vulkan;

namespace Forge.Benchmarks;

/// <summary>A plan becomes command buffers, its pipelines being there already: variants are chosen, memory is taken, dispatches and barriers are recorded. Needs a device.</summary>
[MemoryDiagnoser]
public class RecordingBenchmarks
{
    private Engine _engine = null!;
    private Plan _plan = null!;

    [Params("cnn28", "cnn150")]
    public string Net { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        var net = BenchNets.All.First(n => n.Name == Net);
        _engine = Engine.Open(new());
        _plan = net.CompileStep(_engine).Prepare(net.Inputs);
    }

    [GlobalCleanup]
    public void CleanUp() => _engine.Dispose();

    [Benchmark]
    public void Record() => _engine.Backend.Build(_plan).Dispose();
}
