using System.CommandLine;
using System.Globalization;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Rnn;
using Forge.Models.Video;

namespace Forge.Cli.Commands;

/// <summary><c>forge train</c>: what can be trained, and with which options.</summary>
internal static class TrainOptions
{
    public static readonly Option<string?> Data = new("--data")
    {
        Description = "fashion-mnist (default), mnist, or a folder with one sub-folder of images a class.",
        HelpName = "fashion-mnist|mnist|FOLDER",
    };

    public static readonly Option<int?> Size = Options.Count("--size", "Pixels a side that a folder's images are resized to (default 150).", ArticleCnn.SmallestSide);
    public static readonly Option<int?> Epochs = Options.Count("--epochs", "Passes over the data, those before a --resume included (default 3).");
    public static readonly Option<int?> StepsPerEpoch = Options.Count("--steps-per-epoch", "Batches an epoch, wrapping over the data (default: all of it once).");
    public static readonly Option<int?> Batch = Options.Count("--batch", "Images a step (default 32).");
    public static readonly Option<double?> LearningRate = Options.Positive("--lr", "Adam's learning rate (default 0.001).");
    public static readonly Option<bool> Augment = new("--augment") { Description = "The article's augmentation: shear 0.2, zoom 0.2, horizontal flips." };
    public static readonly Option<double?> Dropout = Options.Fraction("--dropout", "The fraction of the last hidden layer that is dropped while training (default 0).");
    public static readonly Option<string?> Validation = new("--val") { Description = "A folder to validate on, or the fraction of the data held back (default 0.2 of a folder; Fashion-MNIST's test images).", HelpName = "FOLDER|FRACTION" };
    public static readonly Option<bool> Resume = new("--resume") { Description = "Go on with the run in --out, or the newest under runs." };
    public static readonly Option<bool> DryRun = new("--dry-run") { Description = "Print device, model and memory plan; train nothing." };
    public static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "Leave out and count images that cannot be decoded." };
    public static readonly Option<int?> SaveEvery = Options.Count("--save-every", "Also save the last state after so many steps (default: at the end of each epoch).");

    public static readonly Option<int?> Workers = Options.Count("--workers", "Threads that prepare batches (default: one a core). The batches are the same.");

    public static readonly Option<string?> Png = new("--png") { Description = "Also draw the learning curves at the end (default curves.png in the run's folder).", HelpName = "FILE", Arity = ArgumentArity.ZeroOrOne };

    public static readonly Option<string?> Cell = Options.Word("--cell", "The recurrent cell (default lstm).", words: RnnDesign.Cells);
    public static readonly Option<int?> Units = Options.Count("--units", "Numbers in the cell's state (default 128).");

    public static readonly Option<string?> VideoModel = Options.Word("--model", "What looks at the clips (default conv3d).", words: VideoDesign.Models);
    public static readonly Option<string?> Clips = new("--data")
    {
        Description = "moving-items (default): made of Fashion-MNIST; or a folder with one sub-folder of clips a class: animated GIF or WebP, folders of frames, videos.",
        HelpName = "moving-items|FOLDER",
    };

    public static readonly Option<int?> Frames = Options.Count("--frames", "Frames that each clip is sampled to (default 8).", VideoDesign.FewestFrames);
    public static readonly Option<int?> ClipSize = Options.Count("--size", "Pixels a side of the clips (default 32 of moving-items, 64 of a folder).", VideoDesign.SmallestSide);

    public static Command Build() => new("train", "Train a model.")
    {
        new Command("cnn", "Train the article's image classifier: three convolutions and pools, a dense layer of 128, a softmax.")
        {
            Data, Size, Epochs, StepsPerEpoch, Batch, LearningRate, Options.Precision, Augment, Dropout, Validation, Resume, DryRun, SkipBad, SaveEvery, Workers, Png,
        }.Does(invocation => TrainClassifier.Run(invocation, CnnDesign.Name)),
        new Command("rnn", "Train a recurrent classifier: an image's rows as the steps of a sequence, one cell, a softmax.")
        {
            Cell, Units, Data, Size, Epochs, StepsPerEpoch, Batch, LearningRate, Options.Precision, Augment, Validation, Resume, DryRun, SkipBad, SaveEvery, Workers, Png,
        }.Does(invocation => TrainClassifier.Run(invocation, RnnDesign.Name)),
        new Command("video", "Train a classifier of clips: convolutions of every frame and an LSTM, or convolutions over time.")
        {
            VideoModel, Frames, Clips, ClipSize, Epochs, StepsPerEpoch, Batch, LearningRate, Options.Precision, Validation, Resume, DryRun, SkipBad, SaveEvery, Workers, Png,
        }.Does(invocation => TrainClassifier.Run(invocation, VideoDesign.Name)),
        GanOptions.Build(),
    };

    /// <summary>The settings of a run: the saved ones when it goes on, and what the command line says.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="saved">The run's; null for a new one.</param>
    /// <param name="model">What is trained.</param>
    /// <exception cref="UsageException">Options contradict each other or the run.</exception>
    public static TrainSettings Settings(Invocation invocation, TrainSettings? saved, string model)
    {
        var given = invocation.Parsed;
        var before = saved ?? TrainSettings.Of(model);
        var settings = before with
        {
            Cell = given.GetValue(Cell) ?? before.Cell,
            Units = given.GetValue(Units) ?? before.Units,
            VideoModel = given.GetValue(VideoModel) ?? before.VideoModel,
            Frames = given.GetValue(Frames) ?? before.Frames,
            Data = (given.GetValue(Data) ?? given.GetValue(Clips)) is { } data ? PathOf(data) : before.Data,
            Size = given.GetValue(Size) ?? given.GetValue(ClipSize) ?? before.Size,
            Epochs = given.GetValue(Epochs) ?? before.Epochs,
            StepsPerEpoch = given.GetValue(StepsPerEpoch) ?? before.StepsPerEpoch,
            Batch = given.GetValue(Batch) ?? before.Batch,
            LearningRate = given.GetValue(LearningRate) ?? before.LearningRate,
            Precision = given.GetValue(Options.Precision) ?? before.Precision,
            Augment = given.GetValue(Augment) || before.Augment,
            Dropout = given.GetValue(Dropout) ?? before.Dropout,
            Validation = given.GetValue(Validation) is { } validation ? ValidationOf(validation) : before.Validation,
            SkipBad = given.GetValue(SkipBad) || before.SkipBad,
            Seed = saved is not null && given.GetValue(Options.Seed) is null ? saved.Seed : Options.SeedFrom(given),
        };
        // The batches after a resume must be those that an uninterrupted run would have had.
        if (saved is not null)
            MustStay(("--cell", saved.Cell, settings.Cell), ("--units", saved.Units, settings.Units), ("--model", saved.VideoModel, settings.VideoModel), ("--frames", saved.Frames, settings.Frames), ("--data", saved.Data, settings.Data), ("--size", saved.Size, settings.Size), ("--batch", saved.Batch, settings.Batch), ("--precision", saved.Precision, settings.Precision), ("--augment", saved.Augment, settings.Augment), ("--dropout", saved.Dropout, settings.Dropout), ("--seed", saved.Seed, settings.Seed));
        if (settings.DataOptions(null) is ArticleDataOptions pictures) MustFit(settings.Size, pictures);
        return settings;
    }

    /// <summary>Throws where an option is not what the run began with.</summary>
    /// <exception cref="UsageException">One is not.</exception>
    public static void MustStay(params ReadOnlySpan<(string Option, object? Was, object? Now)> options)
    {
        foreach (var (option, was, now) in options)
            if (!Equals(was, now)) throw new UsageException($"{option} is {now}, but the run began with {was ?? "none"}. Leave it out to go on, or begin a new run without --resume.");
    }

    /// <summary>Throws where images of a data set are wanted in another size than theirs.</summary>
    /// <exception cref="UsageException">They are.</exception>
    public static void MustFit(int? wanted, ArticleDataOptions data)
    {
        if (wanted is { } size && size != 28 && data.Idx is { } known)
            throw new UsageException($"--size is {size}, but {known.Title}'s images are 28x28 and stay so. Leave --size out, or give a folder with --data.");
    }

    /// <summary>What --data means: the data set's name, or a folder's whole path.</summary>
    public static string PathOf(string data) => IdxDataSet.Named(data) is not null || data == MovingItems.Name ? data : Path.GetFullPath(data);

    private static string ValidationOf(string text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)) return Path.GetFullPath(text);
        return fraction is >= 0 and < 1 ? text : throw new UsageException($"--val is {ForeignText.Shown(text)}, but must be a folder, or a fraction from 0 to below 1, such as 0.2.");
    }
}
