using System.Diagnostics;
using System.Globalization;
using System.Text;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Reports;

namespace Forge.Models.Gan;

/// <summary>How long a GAN is trained, and what is written meanwhile.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Steps">Updates of the generator in all, those before a resume included.</param>
public sealed record GanFitOptions(string Folder, int Steps)
{
    /// <summary>Steps from one sample grid to the next.</summary>
    public int SampleEvery { get; init; } = 200;

    /// <summary>Steps from one checkpoint to the next; null for only at the end.</summary>
    public int? SaveEvery { get; init; }

    /// <summary>Where to go on from; null to begin.</summary>
    public Checkpoint? Resume { get; init; }

    /// <summary>Told after each step: its number from 1, and its losses.</summary>
    public Action<long, GanLosses>? AfterStep { get; init; }

    /// <summary>Told once what makes a resumed run differ, to the bit, from one that was not interrupted.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Told when a sample grid was written: after which step, the mean losses and images a second since the one before, and where it is.</summary>
    public Action<GanProgress>? AfterSample { get; init; }
}

/// <summary>How training has gone since the last sample grid.</summary>
/// <param name="Step">Updates of the generator done.</param>
/// <param name="Losses">Means over the steps since then.</param>
/// <param name="ImagesPerSecond">Real images learnt from, a second.</param>
/// <param name="Grid">The picture's file.</param>
public sealed record GanProgress(long Step, GanLosses Losses, double ImagesPerSecond, string Grid);

/// <summary>Trains a GAN: steps, sample grids of the same noise, an animation of them, a log and a checkpoint.</summary>
public sealed class GanFit
{
    private const int Samples = 64;
    private const string CriticSum = "sample.sum.discriminator", ArtistSum = "sample.sum.generator", Summed = "sample.steps";

    private readonly GanTrainer _trainer;
    private readonly IBatches _data;
    private readonly GanFitOptions _options;
    private readonly HostTensor _noise;
    private readonly int[] _classes;
    private double _critic, _artist;
    private int _counted, _timed; // steps summed, and those of them since this process began: only these were on the clock

    /// <summary>Prepares the training.</summary>
    public GanFit(GanTrainer trainer, IBatches data, GanFitOptions options)
    {
        (_trainer, _data, _options) = (trainer, data, options);
        _noise = LatentNoise.Of(Samples, trainer.Gan.Config.Latent, trainer.Engine.Options.Seed);
        _classes = [.. Enumerable.Range(0, Samples).Select(i => i % Math.Max(1, trainer.Gan.Config.Classes))];
    }

    /// <summary>The checkpoint.</summary>
    public string CheckpointPath => Path.Combine(_options.Folder, Checkpoint.FileName(CheckpointChoice.Last));

    /// <summary>The animation of training.</summary>
    public string AnimationPath => Path.Combine(_options.Folder, "training.gif");

    /// <summary>The grid of the last samples.</summary>
    public string SamplesPath => Path.Combine(_options.Folder, "samples.png");

    /// <summary>Trains to the end, and saves the state there, when it is interrupted, and when it diverges.</summary>
    /// <exception cref="DivergedException">A step was not finite; the state before it is saved.</exception>
    /// <exception cref="OperationCanceledException">The token was set; the state is saved.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        if (_options.Resume is { } saved) _trainer.Restore(saved, CheckpointPath, _data);
        if (_options.Resume is { } state) (_critic, _artist, _counted) = (state.Values.GetValueOrDefault(CriticSum), state.Values.GetValueOrDefault(ArtistSum), (int)state.Values.GetValueOrDefault(Summed));
        DropWhatIsLater();
        var clock = Stopwatch.StartNew();
        if (_trainer.GeneratorOptimizer.Iterations == 0) Save(GridOf(), GridPath(0));
        try
        {
            while (_trainer.GeneratorOptimizer.Iterations < _options.Steps)
            {
                cancellation.ThrowIfCancellationRequested();
                var before = _trainer.GeneratorOptimizer.Iterations;
                var losses = _trainer.Step(_data, cancellation);
                var step = _trainer.GeneratorOptimizer.Iterations;
                if (_trainer.NewWarning() is { } warning) _options.Warn?.Invoke(warning);
                if (step == before) continue; // f16: a loss scale was too large
                (_critic, _artist, _counted, _timed) = (_critic + losses.Discriminator, _artist + losses.Generator, _counted + 1, _timed + 1);
                _options.AfterStep?.Invoke(step, losses);
                if (step % _options.SampleEvery == 0 || step >= _options.Steps) Sample(step, clock);
                if (_options.SaveEvery is { } every && step % every == 0 && step < _options.Steps) Capture().Save(CheckpointPath);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or DivergedException)
        {
            Capture().Save(CheckpointPath);
            throw;
        }
        Capture().Save(CheckpointPath);
        Save(GridOf(), SamplesPath);
        Animate();
    }

    // With the sums of the losses since the last grid, so that the log of a resumed run says what it would have said.
    private Checkpoint Capture()
    {
        var state = _trainer.Capture(_data);
        return state with { Values = new Dictionary<string, double>(state.Values) { [CriticSum] = _critic, [ArtistSum] = _artist, [Summed] = _counted } };
    }

    private void Sample(long step, Stopwatch clock)
    {
        var path = GridPath(step);
        var seconds = clock.Elapsed.TotalSeconds;
        var means = new GanLosses(_critic / _counted, _artist / _counted);
        var images = (double)_timed * _trainer.Gan.Loss.DiscriminatorSteps * _data.BatchSize / seconds;
        Save(GridOf(), path);
        File.AppendAllText(LogPath, string.Create(CultureInfo.InvariantCulture, $"{step},{means.Discriminator:R},{means.Generator:R},{images:0.0}\n"));
        _options.AfterSample?.Invoke(new(step, means, images, path));
        (_critic, _artist, _counted, _timed) = (0, 0, 0, 0);
        clock.Restart();
    }

    // Ten classes a row where there are ten or fewer: each column is one class.
    private PixelImage GridOf() => SampleGrid.Of(_trainer.Make(_noise, _trainer.Gan.Config.Classes > 0 ? _classes : null),
        _trainer.Gan.Config.Classes is > 1 and <= 16 and var classes ? classes : null);

    private static void Save(PixelImage grid, string path) => PngFile.Save(path, grid);

    private string LogPath => Path.Combine(_options.Folder, "log.csv");

    private string GridPath(long step) => Path.Combine(_options.Folder, "samples", step.ToString("'step-'000000'.png'", CultureInfo.InvariantCulture));

    // An interrupted run may have got further than its checkpoint.
    private void DropWhatIsLater()
    {
        var done = _trainer.GeneratorOptimizer.Iterations;
        var samples = Path.Combine(_options.Folder, "samples");
        // Grids are deleted and written there.
        if (new FileInfo(samples).LinkTarget is { } target) throw new DataException($"{samples}: is a link to {target}. Remove the link, or choose another folder with --out.");
        foreach (var (path, step) in Grids())
            if (step > done) File.Delete(path);
        Directory.CreateDirectory(_options.Folder);
        var kept = File.Exists(LogPath) ? InputFile.ReadText(LogPath).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Where(line => long.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) && step <= done) : [];
        AtomicFile.Write(LogPath, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Prepend("step,discriminator_loss,generator_loss,images_per_second").Select(line => line + "\n")))));
    }

    private IEnumerable<(string Path, long Step)> Grids()
    {
        var folder = Path.Combine(_options.Folder, "samples");
        if (!Directory.Exists(folder)) return [];
        return Directory.EnumerateFiles(folder, "step-*.png")
            .Select(path => (path, long.TryParse(Path.GetFileNameWithoutExtension(path)["step-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1))
            .Where(grid => grid.Item2 >= 0).OrderBy(grid => grid.Item2);
    }

    private void Animate()
    {
        var mode = _trainer.Gan.Config.Channels == 1 ? ColourMode.Grey : ColourMode.Rgb;
        GifFile.Save(AnimationPath, [.. Grids().Select(grid => (Func<PixelImage>)(() => new ImageDecoder().Decode(grid.Path, mode)))]);
    }
}
