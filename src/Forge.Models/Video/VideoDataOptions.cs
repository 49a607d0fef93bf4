using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>Which clips a video classifier learns from, and how they are prepared.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record VideoDataOptions : LearningOptions
{
    /// <summary>Frames of a clip when nothing else is said.</summary>
    public const int DefaultFrames = 8;

    /// <summary>Pixels a side of a folder's clips when nothing else is said.</summary>
    public const int DefaultSide = 64;

    /// <summary>Clips of moving items.</summary>
    public VideoDataOptions() => Data = MovingItems.Name;

    /// <summary>Frames that each clip is sampled to.</summary>
    public int Frames { get; init; } = DefaultFrames;

    private bool IsMade => Data == MovingItems.Name;

    private int Side => Size ?? (IsMade ? MovingItems.DefaultSide : DefaultSide);

    /// <inheritdoc/>
    public override LearningData Open()
    {
        var split = Split;
        IBatches training = IsMade ? Made(training: true) : Folder(Data, split > 0 || Validation is null ? Subset.Training : Subset.All, split ?? DefaultSplit, null, shuffle: true);
        return LearningData.Of(training, () => OpenValidation(training.ClassNames));
    }

    /// <inheritdoc/>
    public override IBatches? OpenValidation() => OpenValidation(null);

    /// <inheritdoc/>
    public override IBatches OpenWhole() => IsMade ? Made(training: false) : Folder(Data, Subset.All, 0, null);

    private IBatches? OpenValidation(IReadOnlyList<string>? classes)
    {
        var split = Split;
        if (split == 0) return null;
        if (split is null && Validation is { } folder) return Folder(folder, Subset.All, 0, classes);
        if (!IsMade) return Folder(Data, Subset.Validation, split ?? DefaultSplit, classes);
        return split is null ? Made(training: false) : throw new DataException($"Clips of {MovingItems.Name} are judged on items of the test images: nothing is held back. Leave --val out, or use --val 0.");
    }

    private MovingItems Made(bool training)
    {
        var items = training ? IdxDataSet.Fashion.Load().Train : IdxDataSet.Fashion.LoadTest();
        var clips = new MovingItems(items, Frames, Side, training, Flow());
        Log?.WriteLine($"Making {clips.Count} clips of {clips.ClassNames.Count} classes.");
        return clips;
    }

    private FolderBatches Folder(string folder, Subset subset, double split, IReadOnlyList<string>? classes, bool shuffle = false)
    {
        var reader = new ClipReader(Frames, Side, ColourMode.Rgb) { Decoder = new() { Within = folder } };
        var found = ImageFolder.Scan(folder, ClipReader.Kind, null, subset, split);
        found.RequireClasses(classes);
        reader.RequireReadable(found.Files.Select(f => f.Path));
        return new(new(), Flow() with { Shuffle = shuffle }, found, reader.ClipShape, ClipReader.Kind.Name, reader.Read);
    }

    private FlowOptions Flow() => new() { BatchSize = BatchSize, Seed = Seed, Warp = WarpPlace.Nowhere, Shuffle = false, SkipBad = SkipBad, Workers = Workers, Log = Log };
}
