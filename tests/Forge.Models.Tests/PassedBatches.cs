using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Tests;

/// <summary>Batches of others, passed on by a test that does something of its own when one is taken.</summary>
/// <param name="data">The batches; disposed with this.</param>
internal abstract class PassedBatches(IBatches data) : IBatches
{
    public int Count => data.Count;

    public int BatchSize => data.BatchSize;

    public int BatchesPerPass => data.BatchesPerPass;

    public IReadOnlyList<string> ClassNames => data.ClassNames;

    public Shape ImageShape => data.ImageShape;

    public IReadOnlyList<string> Skipped => data.Skipped;

    public BatchPosition Position { get => data.Position; set => data.Position = value; }

    public abstract Batch NextBatch(CancellationToken cancellation = default);

    public void Dispose() => data.Dispose();
}
