using System.CommandLine;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Metrics;
using Forge.Models.Reports;
using Forge.Models.Video;

namespace Forge.Cli.Commands;

/// <summary><c>forge evaluate</c>: how well a checkpoint tells classes apart.</summary>
internal static class EvaluateCommand
{
    /// <summary>A run folder (its best checkpoint) or a file; also an argument of predict.</summary>
    public static Argument<string> CheckpointArgument() => new("CHECKPOINT")
    {
        Description = "A run folder (its best checkpoint) or a checkpoint file.",
        Validators = { UsageProblem.RefuseOptions },
    };

    private static readonly Argument<string> CheckpointPath = CheckpointArgument();
    private static readonly Option<string?> Data = new("--data") { Description = "fashion-mnist or mnist (its test images), moving-items, or a folder with one sub-folder a class (default: what the run was validated on).", HelpName = "fashion-mnist|mnist|moving-items|FOLDER" };
    private static readonly Option<int?> Size = Options.Count("--size", "Pixels a side that a folder's images are resized to (default: the checkpoint's).");
    private static readonly Option<int?> Batch = Options.Count("--batch", "Images a step (default 32).");
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "Leave out and count images that cannot be decoded." };
    private static readonly Option<string?> Png = new("--png") { Description = "Also draw the confusion matrix (default confusion.png beside the checkpoint, or in --out).", HelpName = "FILE", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> Classifier = new("--classifier") { Description = "Of a GAN's checkpoint: a checkpoint of forge train cnn on the same data.", HelpName = "CHECKPOINT" };

    public static Command Build() => new Command("evaluate", "Judge a checkpoint: accuracy, precision, recall, F1, confusion matrix.")
    {
        CheckpointPath, Data, Size, Batch, SkipBad, Png, Classifier,
    }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var report = invocation.Report;
        using var engine = invocation.OpenEngine();
        var path = Checkpoint.Find(invocation.Get(CheckpointPath)!);
        var saved = Checkpoint.Load(path);
        if (SavedGan.Is(saved))
        {
            using var gan = SavedGan.Load(engine, saved, path);
            return EvaluateGan.Run(invocation, engine, gan, invocation.Get(Classifier));
        }
        var classifier = SavedClassifier.Load(engine, saved, path);
        using var data = Open(invocation, classifier);
        report.WarnOfSkipped(data.Skipped.Count);
        var (matrix, loss) = classifier.Evaluate(data, cancellation: invocation.Interruption.Token);
        var scores = ClassificationReport.From(matrix);
        var controls = Controls(classifier, data, invocation.Interruption.Token);
        var picture = Picture(invocation, classifier);
        if (picture is not null) ConfusionMatrixChart.Save(matrix, picture);
        report.Result($"{classifier.Path}: epoch {classifier.Checkpoint.Epoch}, {matrix.Total} {(classifier.Design is VideoDesign ? "clips" : "images")}");
        report.Result(FormattableString.Invariant($"accuracy {scores.Accuracy:0.0000}, loss {loss:0.0000}\n"));
        foreach (var (text, _, accuracy) in controls) report.Result(FormattableString.Invariant($"accuracy {accuracy:0.0000} {text}"));
        report.Result(scores.ToString());
        report.Result(matrix.ToString());
        if (picture is not null) report.Result($"Saved {picture}");
        Evaluated.WriteEvent(report, "evaluation", matrix, scores, writer =>
        {
            writer.WriteNumberOrNull("loss", loss);
            foreach (var (_, member, accuracy) in controls) writer.WriteNumberOrNull(member, accuracy);
            writer.WriteNumber("skipped", data.Skipped.Count);
            writer.WriteString("checkpoint", classifier.Path);
            if (picture is not null) writer.WriteString("png", picture);
        });
        return ExitCode.Success;
    }

    private static IBatches Open(Invocation invocation, SavedClassifier classifier)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(classifier.Path))!;
        var trained = TrainSettings.Load(folder);
        var named = invocation.Get(Data);
        if (named is null && trained is null)
            throw new UsageException($"{folder} does not say what the checkpoint was validated on. Name the data with --data.");
        var settings = trained ?? TrainSettings.Of(classifier.Design is VideoDesign ? VideoDesign.Name : CnnDesign.Name) with { Frames = classifier.ImageShape[0] };
        var options = settings.DataOptions(invocation.Report.Commentary) with
        {
            Size = invocation.Get(Size) ?? classifier.ImageShape[-2],
            BatchSize = invocation.Get(Batch) ?? 32,
            SkipBad = invocation.Get(SkipBad),
        };
        if (named is not null) return (options with { Data = named }).OpenWhole();
        return options.OpenValidation() ?? throw new UsageException("The run was validated on nothing. Name the data with --data.");
    }

    // What a model of clips still knows when it sees one frame of each, or all in a wrong order.
    private static List<(string Text, string Member, double Accuracy)> Controls(SavedClassifier classifier, IBatches data, CancellationToken cancellation)
    {
        var found = new List<(string, string, double)>();
        if (classifier.Design is not VideoDesign) return found;
        foreach (var (order, text, member) in ((FrameOrder, string, string)[])[(FrameOrder.OneFrame, "with the middle frame of each clip repeated", "one_frame_accuracy"), (FrameOrder.Shuffled, "with the frames of each clip shuffled", "shuffled_accuracy")])
        {
            var (matrix, _) = classifier.Evaluate(new RearrangedFrames(data, order, classifier.Checkpoint.Seeds.GetValueOrDefault("engine")), cancellation: cancellation);
            found.Add((text, member, (double)matrix.Correct / matrix.Total));
        }
        return found;
    }

    private static string? Picture(Invocation invocation, SavedClassifier classifier)
    {
        if (invocation.Parsed.GetResult(Png) is null) return null;
        return invocation.Get(Png) ?? Path.Combine(invocation.Get(Options.Out) ?? Path.GetDirectoryName(classifier.Path)!, "confusion.png");
    }
}
