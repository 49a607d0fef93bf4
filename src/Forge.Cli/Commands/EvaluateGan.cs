using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Gan;

namespace Forge.Cli.Commands;

/// <summary><c>forge evaluate</c> of a GAN: what a classifier sees in its images, and whether they are copies.</summary>
internal static class EvaluateGan
{
    private const int Samples = 1000;

    public static int Run(Invocation invocation, Engine engine, SavedGan gan, string? classifierPath)
    {
        var report = invocation.Report;
        var settings = GanSettings.Load(Path.GetDirectoryName(Path.GetFullPath(gan.Path))!);
        if (classifierPath is null) throw new UsageException("A GAN's images are judged by a classifier of the same data. Train one with forge train cnn and name it with --classifier.");
        if (settings?.DataOptions(null).Idx is not { } known) throw new UsageException($"{gan.Path}: images can be judged of runs on Fashion-MNIST and MNIST only, which have test images and classes.");
        var classifier = SavedClassifier.Load(engine, classifierPath);
        var (training, heldOut) = known.Load(IdxDataSet.Named(settings.Data) is not null ? null : settings.Data);
        using var untrained = new GanTrainer(engine, new(gan.Trainer.Gan.Config));
        var score = GanScore.Of(gan, untrained, classifier, training, heldOut, Samples, invocation.Interruption.Token);
        report.Result(FormattableString.Invariant($"{gan.Path}: step {gan.Checkpoint.Step}, {score.Samples} samples"));
        report.Result(FormattableString.Invariant($"classes with {GanScore.LeastShare:0%} or more: {score.ClassesSeen} of {score.ClassShares.Count} ({string.Join(", ", score.ClassShares.Select((s, i) => FormattableString.Invariant($"{classifier.ClassNames[i]} {s:0.0%}")))})"));
        report.Result(FormattableString.Invariant($"Fréchet distance in the classifier's features: {score.Frechet:0.00}, of the untrained generator {score.Untrained:0.00} ({score.Frechet / score.Untrained:0.000} of it)"));
        report.Result(FormattableString.Invariant($"nearest training image, median root mean squared difference: {score.Nearest:0.0000}, of held-out images {score.NearestHeldOut:0.0000}; copies: {score.Copies}"));
        report.Event("gan_evaluation", writer =>
        {
            writer.WriteString("checkpoint", gan.Path);
            writer.WriteString("classifier", classifier.Path);
            writer.WriteNumber("samples", score.Samples);
            writer.WriteStartObject("class_shares");
            for (var i = 0; i < score.ClassShares.Count; i++) writer.WriteNumber(classifier.ClassNames[i], Math.Round(score.ClassShares[i], 4));
            writer.WriteEndObject();
            writer.WriteNumber("classes_seen", score.ClassesSeen);
            writer.WriteNumberOrNull("frechet", score.Frechet);
            writer.WriteNumberOrNull("frechet_untrained", score.Untrained);
            writer.WriteNumberOrNull("nearest", score.Nearest);
            writer.WriteNumberOrNull("nearest_held_out", score.NearestHeldOut);
            writer.WriteNumber("copies", score.Copies);
        });
        return ExitCode.Success;
    }
}
