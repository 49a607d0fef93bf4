using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Models.Tests;

/// <summary>The reference backend, to be watched or narrowed by what derives from it.</summary>
internal abstract class OverReference : IBackend
{
    private readonly ReferenceBackend _inner = new();

    public string Description => _inner.Description;

    public virtual BackendTraits Traits => _inner.Traits;

    public IReadOnlyList<long> ScratchBytes(Node node) => _inner.ScratchBytes(node);

    public virtual StateBlock AllocateState(string name, long bytes) => _inner.AllocateState(name, bytes);

    public virtual IExecutable Build(Plan plan) => _inner.Build(plan);

    public void Dispose() => _inner.Dispose();
}
