using System.Text.Json;
using Forge.Core;
using Forge.Models.Rnn;
using Forge.Models.Video;

namespace Forge.Models.Cnn;

/// <summary>A classifier of pictures or clips that <c>forge train</c> knows: how it is built, and what its checkpoints say of it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record ClassifierDesign
{
    /// <summary>What checkpoints of this model say about it (<see cref="Checkpoints.Checkpoint.ModelConfig"/>).</summary>
    public abstract string ModelConfig { get; }

    /// <summary>The options that make the model smaller, for messages.</summary>
    public abstract string SizeOptions { get; }

    /// <summary>Axes of what it takes: 3 of pictures, 4 of clips.</summary>
    public virtual int InputRank => 3;

    /// <summary>Builds the model, with probabilities as its outputs.</summary>
    /// <param name="images">Height, width and channels of the pictures; of clips, frames first.</param>
    /// <param name="classes">Classes told apart, at least 2.</param>
    /// <exception cref="ShapeException">The pictures are too small, or there are fewer than two classes.</exception>
    public abstract Sequential Build(Shape images, int classes);

    /// <summary>The design that a checkpoint speaks of; null where it is none of these.</summary>
    /// <param name="modelConfig">What the checkpoint says.</param>
    public static ClassifierDesign? Of(string modelConfig)
    {
        if (VideoDesign.Models.Select(m => new VideoDesign(m)).FirstOrDefault(d => d.ModelConfig == modelConfig) is { } video) return video;
        try
        {
            using var document = JsonDocument.Parse(modelConfig);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root) return null;
            ClassifierDesign? said = root.TryGetProperty("cell", out var cell) && root.TryGetProperty("units", out var units)
                ? cell.GetString() is { } name && RnnDesign.Cells.Contains(name) && units.TryGetInt32(out var count) && count > 0 ? new RnnDesign(name, count) : null
                : !root.TryGetProperty("dropout", out var dropped) ? new CnnDesign()
                : dropped.TryGetSingle(out var rate) && rate is > 0 and < 1 ? new CnnDesign(rate) : null;
            return said?.ModelConfig == modelConfig ? said : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Throws unless there is something to tell apart.</summary>
    private protected static void RequireClasses(int classes)
    {
        if (classes < 2) throw new ShapeException($"A classifier needs at least 2 classes, not {classes}.");
    }
}

/// <summary>The article's convolutional classifier.</summary>
/// <param name="Dropout">The fraction of the last hidden layer that is dropped while training, in [0, 1).</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CnnDesign(float Dropout = 0) : ClassifierDesign
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "cnn";

    /// <inheritdoc/>
    public override string ModelConfig => Dropout == 0 ? """{"builder":"ArticleCnn"}""" : FormattableString.Invariant($$"""{"builder":"ArticleCnn","dropout":{{Dropout:R}}}""");

    /// <inheritdoc/>
    public override string SizeOptions => "--size";

    /// <inheritdoc/>
    public override Sequential Build(Shape images, int classes) => ArticleCnn.Build(images, classes, Dropout);
}
