using System.CommandLine;
using Forge.Models.Gan;

namespace Forge.Cli.Commands;

/// <summary>The options of <c>forge train gan</c>; those it has in common with <c>train cnn</c> are that command's.</summary>
internal static class GanOptions
{
    public static readonly Option<string?> Size = Options.Word("--size", "Pixels a side (default 28 of Fashion-MNIST, 64 of a folder).", words: [.. DcGanConfig.Sizes.Select(s => s.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
    public static readonly Option<string?> Loss = Options.Word("--loss", "What the two models play for (default nonsaturating).", words: [.. GanLoss.All.Select(l => l.Name)]);
    public static readonly Option<bool> Classes = new("--classes") { Description = "Make images of a class that is asked for." };
    public static readonly Option<int?> Steps = Options.Count("--steps", "Updates of the generator, those before a --resume included (default 3000).");
    public static readonly Option<int?> Batch = Options.Count("--batch", "Images a step (default 64).", least: 2);
    public static readonly Option<double?> LearningRate = Options.Positive("--lr", "Adam's learning rate for both (default 0.0002; wgan-gp 0.0001).");
    public static readonly Option<int?> SampleEvery = Options.Count("--sample-every", "Steps from one sample grid to the next (default 200).");

    public static Command Build() => new Command("gan", "Train a DCGAN: a generator of images and its discriminator.")
    {
        TrainOptions.Data, Size, Loss, Classes, Steps, Batch, LearningRate, Options.Precision, SampleEvery, TrainOptions.Resume, TrainOptions.DryRun, TrainOptions.SkipBad, TrainOptions.SaveEvery, TrainOptions.Workers,
    }.Does(TrainGan.Run);

    /// <summary>The settings of a run: the saved ones when it goes on, and what the command line says.</summary>
    /// <exception cref="UsageException">Options contradict each other or the run.</exception>
    public static GanSettings Settings(Invocation invocation, GanSettings? saved)
    {
        var given = invocation.Parsed;
        var before = saved ?? new GanSettings();
        var settings = before with
        {
            Data = given.GetValue(TrainOptions.Data) is { } data ? TrainOptions.PathOf(data) : before.Data,
            Size = given.GetValue(Size) is { } size ? int.Parse(size, System.Globalization.CultureInfo.InvariantCulture) : before.Size,
            Loss = given.GetValue(Loss) ?? before.Loss,
            Classes = given.GetValue(Classes) || before.Classes,
            Steps = given.GetValue(Steps) ?? before.Steps,
            Batch = given.GetValue(Batch) ?? before.Batch,
            LearningRate = given.GetValue(LearningRate) ?? before.LearningRate,
            Precision = given.GetValue(Options.Precision) ?? before.Precision,
            SampleEvery = given.GetValue(SampleEvery) ?? before.SampleEvery,
            SkipBad = given.GetValue(TrainOptions.SkipBad) || before.SkipBad,
            Seed = saved is not null && given.GetValue(Options.Seed) is null ? saved.Seed : Options.SeedFrom(given),
        };
        if (saved is not null)
            TrainOptions.MustStay(("--data", saved.Data, settings.Data), ("--size", saved.Size, settings.Size), ("--loss", saved.Loss, settings.Loss), ("--classes", saved.Classes, settings.Classes),
                ("--batch", saved.Batch, settings.Batch), ("--precision", saved.Precision, settings.Precision), ("--seed", saved.Seed, settings.Seed));
        TrainOptions.MustFit(settings.Size, settings.DataOptions(null));
        return settings;
    }
}
