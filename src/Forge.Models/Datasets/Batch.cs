using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Datasets;

/// <summary>A place in an endless sequence of batches.</summary>
/// <param name="Pass">Which pass over the data, from 0.</param>
/// <param name="Batch">Which batch of that pass, from 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct BatchPosition(int Pass, int Batch);

/// <summary>Some images and their classes, ready for a step.</summary>
/// <param name="Images">(n, height, width, channels), of clips (n, frames, height, width, channels): f32 finished, or u8 where the device warps or nothing does.</param>
/// <param name="Labels">One-hot f32, (n, classes).</param>
/// <param name="Matrices">Pull mappings f32 (n, 2, 3), see <see cref="AffineMatrix"/>, where the device warps; else null.</param>
/// <param name="Indexes">Each image's index in the data set.</param>
/// <param name="Classes">Each image's class.</param>
/// <param name="Position">Where this batch stands.</param>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed record Batch(
    HostTensor Images, HostTensor Labels, HostTensor? Matrices, IReadOnlyList<int> Indexes, IReadOnlyList<int> Classes, BatchPosition Position)
{
    /// <summary>How many images.</summary>
    public int Count => Indexes.Count;

    /// <summary>What the device does with images and matrices; null where it does nothing.</summary>
    public AffineWarpOp? Warp { get; init; }
}

/// <summary>A data set as an endless sequence of batches that can be placed anywhere.</summary>
/// <threadsafety>One thread at a time; batches are prepared on others.</threadsafety>
public interface IBatches : IDisposable
{
    /// <summary>Images in the data set.</summary>
    int Count { get; }

    /// <summary>Images a batch, but for the last of a pass.</summary>
    int BatchSize { get; }

    /// <summary>Batches a pass.</summary>
    int BatchesPerPass { get; }

    /// <summary>The classes, in label order.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Height, width and channels of every image; of a clip, frames first.</summary>
    Shape ImageShape { get; }

    /// <summary>Why each image that was left out was left out; empty where none is.</summary>
    IReadOnlyList<string> Skipped => [];

    /// <summary>
    /// Where the next batch stands: save it, set it later, and the same batches follow. Batches prepared ahead don't count as taken.
    /// </summary>
    BatchPosition Position { get; set; }

    /// <summary>The next batch; after the last of a pass comes the first of the next.</summary>
    /// <exception cref="DataException">An image cannot be decoded; the message names its file, and the position stays.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the position stays.</exception>
    Batch NextBatch(CancellationToken cancellation = default);
}

/// <summary>Ways to walk batches.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Batches
{
    /// <summary>Every image once: the pass that has begun is left, if any, and a whole new one taken.</summary>
    public static IEnumerable<Batch> OnePass(this IBatches batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Position.Batch != 0) batches.Position = new(batches.Position.Pass + 1, 0);
        return batches.Steps(batches.BatchesPerPass, cancellation);
    }

    /// <summary>Exactly <paramref name="count"/> batches, wrapping over the data (Keras's steps_per_epoch).</summary>
    public static IEnumerable<Batch> Steps(this IBatches batches, int count, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        for (var i = 0; i < count; i++) yield return batches.NextBatch(cancellation);
    }
}
