using Forge.Core;

namespace Forge.Cli.Commands;

/// <summary>Plans as a device would have it and builds nothing: what asks a model for its kernels need not wait for their pipelines.</summary>
/// <param name="device">The device's backend; not disposed with this one.</param>
internal sealed class PlanningBackend(IBackend device) : IBackend
{
    public string Description => device.Description;

    public BackendTraits Traits => device.Traits;

    public IReadOnlyList<long> ScratchBytes(Node node) => device.ScratchBytes(node);

    public StateBlock AllocateState(string name, long bytes) => device.AllocateState(name, bytes);

    public IExecutable Build(Plan plan) => new Nothing();

    public void Dispose() { }

    private sealed class Nothing : IExecutable
    {
        public IReadOnlyList<string> VariantTable => [];

        public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs) => throw new InvalidOperationException("A plan that was not built does not run.");

        public void Dispose() { }
    }
}
