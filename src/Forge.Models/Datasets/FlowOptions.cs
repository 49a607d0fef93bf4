namespace Forge.Models.Datasets;

/// <summary>Which part of a data set is meant.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Subset
{
    /// <summary>Everything, whatever the validation split.</summary>
    All,
    /// <summary>What the validation split leaves.</summary>
    Training,
    /// <summary>The first fraction of each class.</summary>
    Validation,
}

/// <summary>Where the affine warp and the rescale are computed.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum WarpPlace
{
    /// <summary>On the host: batches hold finished floats.</summary>
    Host,
    /// <summary>On the device: batches hold bytes and a matrix for each image; the graph casts, warps and rescales.</summary>
    Device,
    /// <summary>Nowhere: batches hold the bytes alone, which a Trainer multiplies by its input scale. For generators that do not augment.</summary>
    Nowhere,
}

/// <summary>How images become batches. The defaults are those of Keras's flow_from_directory.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FlowOptions
{
    /// <summary>Rows and columns every image is resized to (nearest pixel).</summary>
    public (int Height, int Width) TargetSize { get; init; } = (256, 256);

    /// <summary>RGB or grey.</summary>
    public ColourMode Colour { get; init; } = ColourMode.Rgb;

    /// <summary>Images a batch; the last batch of a pass may be smaller.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>A new order each pass, or always the sorted one.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Decides every order and every draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>Everything, or one side of the generator's validation split.</summary>
    public Subset Subset { get; init; } = Subset.All;

    /// <summary>The class names in label order; null takes the sorted sub-folder names.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Leaves out and counts images that cannot be decoded, instead of failing. Every image is then decoded once at the start.</summary>
    public bool SkipBad { get; init; }

    /// <summary>Where the warp and rescale happen.</summary>
    public WarpPlace Warp { get; init; } = WarpPlace.Host;

    /// <summary>Threads that decode; 0 means one a core.</summary>
    public int Workers { get; init; }

    /// <summary>Batches prepared ahead of the one asked for; 0 prepares none.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>Decoded and resized images are kept in memory up to this many bytes, first come first kept.</summary>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>The limits of decoding.</summary>
    public ImageDecoder Decoder { get; init; } = new();

    /// <summary>Where the count of images and skipped files is printed; null prints nothing.</summary>
    public TextWriter? Log { get; init; }
}
