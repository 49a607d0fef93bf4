using System.CommandLine;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Video;

namespace Forge.Cli.Commands;

/// <summary><c>forge predict</c>: what a checkpoint takes pictures for.</summary>
internal static class PredictCommand
{
    private static readonly Argument<string> CheckpointPath = EvaluateCommand.CheckpointArgument();
    private static readonly Argument<string[]> Paths = new("PATH") { Description = "Images, or folders of images; of a classifier of clips, clips, or folders of clips.", Arity = ArgumentArity.OneOrMore, Validators = { UsageProblem.RefuseOptions } };
    private static readonly Option<int?> Top = Options.Count("--top", "How many labels a file (default 3).");
    private static readonly Option<bool> SkipBad = new("--skip-bad") { Description = "Leave out images that cannot be decoded, with a warning each." };

    public static Command Build() => new Command("predict", "Say what images show.") { CheckpointPath, Paths, Top, SkipBad }.Does(Run);

    private static int Run(Invocation invocation)
    {
        using var engine = invocation.OpenEngine();
        var classifier = SavedClassifier.Load(engine, invocation.Get(CheckpointPath)!);
        var colour = classifier.ImageShape[-1] == 1 ? ColourMode.Grey : ColourMode.Rgb;
        // What is found in a folder lies in it; a file that is named may lie anywhere.
        var given = invocation.Get(Paths)!.Select(path => (Path: path, Decoder: new ImageDecoder { Within = Directory.Exists(path) ? path : null }))
            .Select(p => (p.Path, p.Decoder, Clips: classifier.Design is VideoDesign ? new ClipReader(classifier.ImageShape[0], classifier.ImageShape[1], colour) { Decoder = p.Decoder } : null));
        var files = given.SelectMany(p => (p.Clips is null ? Files(p.Path) : ClipReader.Find(p.Path)).Select(file => (File: file, p.Decoder, p.Clips))).ToList();
        if (files.Count > 0) files[0].Clips?.RequireReadable(files.Select(f => f.File));
        var top = invocation.Get(Top) ?? 3;
        foreach (var (file, decoder, clips) in files)
        {
            invocation.Interruption.Token.ThrowIfCancellationRequested();
            IReadOnlyList<(string, float)> labels;
            try
            {
                labels = clips is null ? classifier.Predict(decoder.Decode(file, colour), top) : classifier.Predict(clips.Read(file), top);
            }
            catch (DataException bad) when (invocation.Get(SkipBad))
            {
                Report.Warn(bad.Message);
                continue;
            }
            Print(invocation.Report, file, labels);
        }
        return ExitCode.Success;
    }

    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path)) return Path.Exists(path) ? [path] : throw new DataException($"{path}: no such file or folder.");
        var found = ImageFolder.ImagesBelow(path);
        return found.Count > 0 ? found : throw new DataException($"{path}: no images in this folder. Files ending in {string.Join(' ', ImageDecoder.Extensions)} are looked for.");
    }

    private static void Print(Report report, string file, IReadOnlyList<(string Label, float Probability)> top)
    {
        report.Result($"{file}: {string.Join(", ", top.Select(t => FormattableString.Invariant($"{t.Label} {t.Probability:0.0000}")))}");
        report.Event("prediction", writer =>
        {
            writer.WriteString("file", file);
            writer.WriteStartArray("labels");
            foreach (var (label, probability) in top)
            {
                writer.WriteStartObject();
                writer.WriteString("label", label);
                writer.WriteNumberOrNull("probability", probability);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        });
    }
}
