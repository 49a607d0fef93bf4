using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Cnn;

/// <summary>Which pictures the article's classifier learns from, and how they are prepared.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ArticleDataOptions : LearningOptions
{
    /// <summary>The name of the data set that needs no folder.</summary>
    public const string FashionMnistName = "fashion-mnist";

    /// <summary>The article's side of an image in pixels.</summary>
    public const int DefaultSize = 150;

    /// <summary>Images of Fashion-MNIST.</summary>
    public ArticleDataOptions() => Data = FashionMnistName;

    /// <summary>The article's augmentation of training images: shear 0.2, zoom 0.2, horizontal flips.</summary>
    public bool Augment { get; init; }

    /// <summary>The data set whose pictures these are, 28x28 and grey whatever <see cref="LearningOptions.Size"/> says; null for a folder of images.</summary>
    public IdxDataSet? Idx => IdxDataSet.Named(Data) ?? IdxDataSet.In(Data);

    /// <inheritdoc/>
    public override LearningData Open() => ArticleData.Open(this);

    /// <inheritdoc/>
    public override IBatches? OpenValidation() => ArticleData.OpenValidation(this);

    /// <inheritdoc/>
    public override IBatches OpenWhole() => ArticleData.OpenWhole(this);
}

/// <summary>The article's data: training batches, augmented if wanted, and validation batches that are only rescaled.</summary>
/// <remarks>Batches hold bytes; the device augments and rescales them to 0..1.</remarks>
internal static class ArticleData
{
    private static ImageDataGenerator Article { get; } = new() { Rescale = 1 / 255f, ShearRange = 0.2, ZoomRange = 0.2, HorizontalFlip = true };

    /// <summary>Opens the data.</summary>
    /// <exception cref="DataException">Something is missing, damaged or does not fit; the message names it.</exception>
    public static LearningData Open(ArticleDataOptions options)
    {
        var training = OpenTraining(options);
        return LearningData.Of(training, () => OpenValidation(options, training.ClassNames), options.Augment ? new(Scale: Article.Rescale) : null);
    }

    /// <summary>Opens only what is judged on; null when the options say nothing is.</summary>
    /// <param name="options">The data.</param>
    /// <param name="classes">The classes in label order; null takes them from the data.</param>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public static IBatches? OpenValidation(ArticleDataOptions options, IReadOnlyList<string>? classes = null)
    {
        var split = options.Split;
        if (split is null && options.Validation is { } folder) return OpenFolder(options, folder, classes);
        if (split == 0) return null;
        var flow = Flow(options) with { Subset = Subset.Validation, Classes = classes };
        if (options.Idx is not { } known) return Rescale(split ?? LearningOptions.DefaultSplit).FlowFromDirectory(options.Data, flow);
        return Announced(split is { } part
            ? Rescale(part).Flow(known.Load(FolderOf(options)).Train, flow)
            : Rescale(0).Flow(known.LoadTest(FolderOf(options)), flow with { Subset = Subset.All }), options);
    }

    /// <summary>Opens a whole folder, or the test images of an <see cref="IdxDataSet"/>, to be judged on.</summary>
    /// <param name="options">Where it is and how it is read; <see cref="LearningOptions.Validation"/> is not looked at.</param>
    /// <param name="classes">The classes in label order; null takes them from the data.</param>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public static IBatches OpenWhole(ArticleDataOptions options, IReadOnlyList<string>? classes = null) => options.Idx is { } known
        ? Announced(Rescale(0).Flow(known.LoadTest(FolderOf(options)), Flow(options)), options)
        : OpenFolder(options, options.Data, classes);

    private static IBatches OpenTraining(ArticleDataOptions options)
    {
        var split = options.Split;
        var known = options.Idx;
        var held = split ?? (options.Validation is null && known is null ? LearningOptions.DefaultSplit : 0);
        var generator = options.Augment ? Article with { ValidationSplit = held } : Rescale(held);
        var flow = Flow(options) with { Shuffle = true, Warp = options.Augment ? WarpPlace.Device : WarpPlace.Nowhere };
        flow = flow with { Subset = held > 0 ? Subset.Training : Subset.All };
        return known is not null
            ? Announced(generator.Flow(known.Load(FolderOf(options)).Train, flow), options)
            : generator.FlowFromDirectory(options.Data, flow);
    }

    // A folder's batches say so themselves.
    private static MemoryBatches Announced(MemoryBatches batches, ArticleDataOptions options)
    {
        options.Log?.WriteLine($"Found {batches.Count} images belonging to {batches.ClassNames.Count} classes.");
        return batches;
    }

    private static FolderBatches OpenFolder(ArticleDataOptions options, string folder, IReadOnlyList<string>? classes)
    {
        if (classes is not null) ImageFolder.Scan(folder).RequireClasses(classes);
        return Rescale(0).FlowFromDirectory(folder, Flow(options) with { Classes = classes });
    }

    private static ImageDataGenerator Rescale(double split) => new() { Rescale = Article.Rescale, ValidationSplit = split };

    private static FlowOptions Flow(ArticleDataOptions options) => new()
    {
        TargetSize = (options.Size ?? ArticleDataOptions.DefaultSize, options.Size ?? ArticleDataOptions.DefaultSize),
        BatchSize = options.BatchSize,
        Seed = options.Seed,
        Shuffle = false,
        Warp = WarpPlace.Nowhere,
        SkipBad = options.SkipBad,
        Workers = options.Workers,
        Log = options.Log,
    };

    private static string? FolderOf(ArticleDataOptions options) => IdxDataSet.Named(options.Data) is not null ? null : options.Data;
}
