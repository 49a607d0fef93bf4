using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Benchmarks;

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
