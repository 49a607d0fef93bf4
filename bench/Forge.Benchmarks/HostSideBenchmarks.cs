using BenchmarkDotNet.Attributes;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Models.Cnn;

namespace Forge.Benchmarks;

/// <summary>What the host does before a step can run: tracing, gradients, passes and planning. No device is needed.</summary>
[MemoryDiagnoser]
public class HostSideBenchmarks
{
    private static readonly TensorType[] s_cnn28 = [new(DType.F32, new Shape(128, 28, 28, 1)), new(DType.F32, new Shape(128, 10))];

    /// <summary>cnn28's training step, traced and planned.</summary>
    [Benchmark]
    public int TraceAndPlanCnn28()
    {
        using var engine = new Engine(new PlanningBackend());
        return BenchNets.Cnn28.CompileStep(engine).Prepare(s_cnn28).Steps.Count;
    }
}

/// <summary>Plans, but neither holds values nor runs.</summary>
internal sealed class PlanningBackend : IBackend
{
    private readonly ReferenceBackend _reference = new();

    public string Description => "plans only";

    public BackendTraits Traits => _reference.Traits;

    public IReadOnlyList<long> ScratchBytes(Node node) => [];

    public StateBlock AllocateState(string name, long bytes) => _reference.AllocateState(name, bytes);

    public IExecutable Build(Plan plan) => new Nothing();

    public void Dispose() => _reference.Dispose();

    private sealed class Nothing : IExecutable
    {
        public IReadOnlyList<string> VariantTable => [];

        public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs) => throw new NotSupportedException("This backend only plans.");

        public void Dispose() { }
    }
}
