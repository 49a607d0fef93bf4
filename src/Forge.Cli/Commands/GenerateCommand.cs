using System.CommandLine;
using System.Globalization;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Reports;

namespace Forge.Cli.Commands;

/// <summary><c>forge generate</c>: images from a GAN's checkpoint.</summary>
internal static class GenerateCommand
{
    private const int Batch = 64, Corners = 4;

    private static readonly Argument<string> CheckpointPath = EvaluateCommand.CheckpointArgument();
    private static readonly Option<int?> Count = Options.Count("-n", "How many images (default 64).");
    private static readonly Option<bool> Grid = new("--grid") { Description = "All in one picture, grid.png, instead of a file each." };
    private static readonly Option<bool> Interpolate = new("--interpolate") { Description = "Images on a way through four of the generator's, round and back, and an animation of it." };
    private static readonly Option<string?> Class = new("--class") { Description = "Images of one class, by name or number from 0 (default: each class in turn).", HelpName = "CLASS" };

    public static Command Build() => new Command("generate", "Make images with a GAN's checkpoint.") { CheckpointPath, Count, Grid, Interpolate, Class }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var report = invocation.Report;
        using var engine = invocation.OpenEngine();
        using var gan = SavedGan.Load(engine, invocation.Get(CheckpointPath)!);
        var (count, config) = (invocation.Get(Count) ?? 64, gan.Trainer.Gan.Config);
        var classes = Classes(invocation, gan, count);
        var seed = engine.Options.Seed;
        var noise = invocation.Get(Interpolate)
            ? LatentNoise.Between(LatentNoise.Of(Corners, config.Latent, seed), count)
            : LatentNoise.Of(count, config.Latent, seed);
        var images = gan.Make(noise, classes, Batch, invocation.Interruption.Token);
        var folder = invocation.Get(Options.Out) ?? "samples";
        var files = new List<string>();
        if (invocation.Get(Grid)) Save("grid.png", SampleGrid.Of(images));
        else for (var i = 0; i < count; i++) Save(i.ToString("'image-'0000'.png'", CultureInfo.InvariantCulture), SampleGrid.ImageOf(images, i));
        if (invocation.Get(Interpolate))
        {
            files.Add(Path.Combine(folder, "interpolation.gif"));
            GifFile.Save(files[^1], [.. Enumerable.Range(0, count).Select(i => (Func<PixelImage>)(() => SampleGrid.ImageOf(images, i)))]);
        }
        report.Result(files.Count == 1 ? $"Saved {files[0]}" : $"Saved {files.Count} files in {folder}");
        report.Event("generated", writer =>
        {
            writer.WriteString("checkpoint", gan.Path);
            writer.WriteNumber("images", count);
            writer.WriteNumber("seed", seed);
            writer.WriteStartArray("files");
            foreach (var file in files) writer.WriteStringValue(file);
            writer.WriteEndArray();
        });
        return ExitCode.Success;

        void Save(string name, PixelImage image)
        {
            files.Add(Path.Combine(folder, name));
            PngFile.Save(files[^1], image);
        }
    }

    private static int[]? Classes(Invocation invocation, SavedGan gan, int count)
    {
        var (asked, names) = (invocation.Get(Class), gan.Checkpoint.ClassNames);
        if (names.Count == 0)
            return asked is null ? null : throw new UsageException($"--class is {asked}, but {gan.Path} makes images of no class in particular. Train with --classes, or leave --class out.");
        if (asked is null) return [.. Enumerable.Range(0, count).Select(i => invocation.Get(Interpolate) ? 0 : i % names.Count)];
        var named = Enumerable.Range(0, names.Count).FirstOrDefault(i => names[i] == asked, -1);
        if (named < 0 && int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < names.Count) named = number;
        return named >= 0 ? [.. Enumerable.Repeat(named, count)] : throw new UsageException($"--class is {asked}; the checkpoint has {string.Join(", ", names)}.");
    }
}
