using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Datasets;

namespace Forge.Models.Cnn;

/// <summary>Which pictures the article's classifier learns from, and how they are prepared.</summary>
public sealed record ArticleDataOptions
{
    /// <summary>The name of the data set that needs no folder.</summary>
    public const string FashionMnistName = "fashion-mnist";

    /// <summary>The article's side of an image in pixels.</summary>
    public const int DefaultSize = 150;

    /// <summary>The part of a folder that is held back for validation when nothing else is said.</summary>
    public const double DefaultSplit = 0.2;

    /// <summary>The name of an <see cref="IdxDataSet"/>, a folder with its four files, or a folder with one sub-folder a class.</summary>
    public string Data { get; init; } = FashionMnistName;

    /// <summary>Height and width that images of a folder are resized to, in pixels; null for <see cref="DefaultSize"/>.</summary>
    public int? Size { get; init; }

    /// <summary>Images a batch.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Decides order and augmentation.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The article's augmentation of training images: shear 0.2, zoom 0.2, horizontal flips.</summary>
    public bool Augment { get; init; }

    /// <summary>
    /// A folder to validate on, or a fraction in [0, 1) of the training images held back; 0 validates on nothing. Null: Fashion-MNIST's
    /// test images, or <see cref="DefaultSplit"/> of a folder.
    /// </summary>
    public string? Validation { get; init; }

    /// <summary>Leaves out and counts images that cannot be decoded.</summary>
    public bool SkipBad { get; init; }

    /// <summary>Where counts of images are printed; null prints nothing.</summary>
    public TextWriter? Log { get; init; }

    /// <summary>The data set whose pictures these are, 28x28 and grey whatever <see cref="Size"/> says; null for a folder of images.</summary>
    public IdxDataSet? Idx => IdxDataSet.Named(Data) ?? IdxDataSet.In(Data);
}

/// <summary>The article's data: training batches, augmented if wanted, and validation batches that are only rescaled.</summary>
/// <remarks>Batches hold bytes; the device augments and rescales them to 0..1.</remarks>
public sealed class ArticleData : IDisposable
{
    private ArticleData(IBatches training, IBatches? validation, bool augments) =>
        (Training, Validation, Warp) = (training, validation, augments ? new(Scale: Article.Rescale) : null);

    private static ImageDataGenerator Article { get; } = new() { Rescale = 1 / 255f, ShearRange = 0.2, ZoomRange = 0.2, HorizontalFlip = true };

    /// <summary>What is learnt from, in a new order each pass.</summary>
    public IBatches Training { get; }

    /// <summary>What is judged on, always in the same order; null for nothing.</summary>
    public IBatches? Validation { get; }

    /// <summary>Images of both that were left out because they cannot be decoded.</summary>
    public int Skipped => Training.Skipped.Count + (Validation?.Skipped.Count ?? 0);

    /// <summary>What the device does with training images first; null where they are not augmented.</summary>
    public AffineWarpOp? Warp { get; }

    /// <summary>Opens the data.</summary>
    /// <exception cref="DataException">Something is missing, damaged or does not fit; the message names it.</exception>
    public static ArticleData Open(ArticleDataOptions options)
    {
        var split = SplitOf(options);
        var training = OpenTraining(options, split);
        try
        {
            return new(training, OpenValidation(options, training.ClassNames), options.Augment);
        }
        catch
        {
            training.Dispose();
            throw;
        }
    }

    /// <summary>Opens only what is judged on; null when the options say nothing is.</summary>
    /// <param name="options">The data.</param>
    /// <param name="classes">The classes in label order; null takes them from the data.</param>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public static IBatches? OpenValidation(ArticleDataOptions options, IReadOnlyList<string>? classes = null)
    {
        var split = SplitOf(options);
        if (split is null && options.Validation is { } folder) return OpenFolder(options, folder, classes);
        if (split == 0) return null;
        var flow = Flow(options) with { Subset = Subset.Validation, Classes = classes };
        if (options.Idx is not { } known) return Rescale(split ?? ArticleDataOptions.DefaultSplit).FlowFromDirectory(options.Data, flow);
        return Announced(split is { } part
            ? Rescale(part).Flow(known.Load(FolderOf(options)).Train, flow)
            : Rescale(0).Flow(known.LoadTest(FolderOf(options)), flow with { Subset = Subset.All }), options);
    }

    /// <summary>Opens a whole folder, or the test images of an <see cref="IdxDataSet"/>, to be judged on.</summary>
    /// <param name="options">Where it is and how it is read; <see cref="ArticleDataOptions.Validation"/> is not looked at.</param>
    /// <param name="classes">The classes in label order; null takes them from the data.</param>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public static IBatches OpenWhole(ArticleDataOptions options, IReadOnlyList<string>? classes = null) => options.Idx is { } known
        ? Announced(Rescale(0).Flow(known.LoadTest(FolderOf(options)), Flow(options)), options)
        : OpenFolder(options, options.Data, classes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        Validation?.Dispose();
    }

    private static IBatches OpenTraining(ArticleDataOptions options, double? split)
    {
        var known = options.Idx;
        var held = split ?? (options.Validation is null && known is null ? ArticleDataOptions.DefaultSplit : 0);
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
        if (classes is not null)
        {
            var found = ImageFolder.Scan(folder).ClassNames;
            if (!found.SequenceEqual(classes))
                throw new DataException($"{folder}: its classes ({Shown(found)}) are not those expected ({Shown(classes)}). Use data with the same classes.");
        }
        return Rescale(0).FlowFromDirectory(folder, Flow(options) with { Classes = classes });
    }

    private static string Shown(IReadOnlyList<string> names) => $"{names.Count}: " + string.Join(", ", names.Take(10)) + (names.Count > 10 ? ", ..." : "");

    private static ImageDataGenerator Rescale(double split) => new() { Rescale = Article.Rescale, ValidationSplit = split };

    private static FlowOptions Flow(ArticleDataOptions options) => new()
    {
        TargetSize = (options.Size ?? ArticleDataOptions.DefaultSize, options.Size ?? ArticleDataOptions.DefaultSize),
        BatchSize = options.BatchSize,
        Seed = options.Seed,
        Shuffle = false,
        Warp = WarpPlace.Nowhere,
        SkipBad = options.SkipBad,
        Log = options.Log,
    };

    private static string? FolderOf(ArticleDataOptions options) => IdxDataSet.Named(options.Data) is not null ? null : options.Data;

    // Null: not a fraction.
    private static double? SplitOf(ArticleDataOptions options) =>
        double.TryParse(options.Validation, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
            ? fraction is >= 0 and < 1 ? fraction : throw new DataException($"The validation fraction is {options.Validation}, but must be at least 0 and below 1.")
            : null;
}
