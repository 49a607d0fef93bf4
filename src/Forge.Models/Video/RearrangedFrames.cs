using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>What is done with the frames of clips, to find out what a model looks at.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum FrameOrder
{
    /// <summary>The middle frame all the time: nothing moves.</summary>
    OneFrame,

    /// <summary>The same frames in an order drawn for each clip: what moves is seen, but not which way.</summary>
    Shuffled,
}

/// <summary>Batches of clips with their frames in another order. Labels stay.</summary>
/// <param name="clips">The clips; closed by their owner.</param>
/// <param name="order">What is done.</param>
/// <param name="seed">Decides orders.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class RearrangedFrames(IBatches clips, FrameOrder order, ulong seed) : IBatches
{
    // Keeps these draws apart from others under the same seed ("fram").
    private const uint Purpose = 0x6672616d;

    /// <inheritdoc/>
    public int Count => clips.Count;

    /// <inheritdoc/>
    public int BatchSize => clips.BatchSize;

    /// <inheritdoc/>
    public int BatchesPerPass => clips.BatchesPerPass;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => clips.ClassNames;

    /// <inheritdoc/>
    public Shape ImageShape => clips.ImageShape;

    /// <inheritdoc/>
    public IReadOnlyList<string> Skipped => clips.Skipped;

    /// <inheritdoc/>
    public BatchPosition Position { get => clips.Position; set => clips.Position = value; }

    /// <inheritdoc/>
    public Batch NextBatch(CancellationToken cancellation = default)
    {
        var batch = clips.NextBatch(cancellation);
        var images = new HostTensor(batch.Images.Type);
        var frames = ImageShape[0];
        var bytes = images.Bytes.Length / Math.Max(1, batch.Count * frames);
        Span<int> places = new int[frames];
        for (var clip = 0; clip < batch.Count; clip++)
        {
            if (order == FrameOrder.OneFrame) places.Fill(frames / 2);
            else new PhiloxSequence(seed, Purpose, 0, (uint)batch.Indexes[clip]).Permute(places);
            for (var i = 0; i < frames; i++)
                batch.Images.Bytes.Slice((clip * frames + places[i]) * bytes, bytes).CopyTo(images.Bytes[((clip * frames + i) * bytes)..]);
        }
        return batch with { Images = images };
    }

    /// <summary>Closes nothing: the clips are their owner's.</summary>
    public void Dispose() { }
}
