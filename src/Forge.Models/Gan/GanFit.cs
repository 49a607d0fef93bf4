using System.Diagnostics;
using System.Globalization;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Reports;
using Forge.Models.Training;

namespace Forge.Models.Gan;

/// <summary>How long a GAN is trained, and what is written meanwhile.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Steps">Updates of the generator in all, those before a resume included.</param>
/// <threadsafety>Immutable.</threadsafety>
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
/// <threadsafety>Immutable.</threadsafety>
public sealed record GanProgress(long Step, GanLosses Losses, double ImagesPerSecond, string Grid);

/// <summary>Trains a GAN: steps, sample grids of the same noise, an animation of them, a log and a checkpoint.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
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

    /// <summary>Whether the state was saved because the training ended early.</summary>
    public bool SavedAtEnd { get; private set; }

    /// <summary>Why the state could not be saved when the training ended early; null where it was, or was not worth saving.</summary>
    public CheckpointException? ProblemAtEnd { get; private set; }

    /// <summary>Trains to the end, and saves the state there and wherever training ends early; where that fails, <see cref="ProblemAtEnd"/> says so.</summary>
    /// <exception cref="DivergedException">A step was not finite; the state before it is saved.</exception>
    /// <exception cref="OperationCanceledException">The token was set; the state is saved.</exception>
    /// <exception cref="DataException">Images could not be read, or pictures or the log not be written; the state is saved.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        if (_options.Resume is { } saved) _trainer.Restore(saved, CheckpointPath, _data);
        if (_options.Resume is { } state) (_critic, _artist, _counted) = (state.Values.GetValueOrDefault(CriticSum), state.Values.GetValueOrDefault(ArtistSum), (int)state.Values.GetValueOrDefault(Summed));
        DropLaterGrids();
        using var log = OpenLog();
        var clock = Stopwatch.StartNew();
        try
        {
            if (_trainer.GeneratorOptimizer.Iterations == 0) Save(GridOf(), GridPath(0));
            while (_trainer.GeneratorOptimizer.Iterations < _options.Steps) Step(clock, log, cancellation);
            Capture().Save(CheckpointPath);
            Save(GridOf(), SamplesPath);
            Animate();
        }
        catch (Exception problem) when (problem is OperationCanceledException or DivergedException or DataException and not CheckpointException)
        {
            SaveAtEnd();
            throw;
        }
    }

    private void Step(Stopwatch clock, LineFile log, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var before = _trainer.GeneratorOptimizer.Iterations;
        var losses = _trainer.Step(_data, cancellation);
        var step = _trainer.GeneratorOptimizer.Iterations;
        if (_trainer.NewWarning() is { } warning) _options.Warn?.Invoke(warning);
        if (step == before) return; // f16: a loss scale was too large
        (_critic, _artist, _counted, _timed) = (_critic + losses.Discriminator, _artist + losses.Generator, _counted + 1, _timed + 1);
        _options.AfterStep?.Invoke(step, losses);
        if (step % _options.SampleEvery == 0 || step >= _options.Steps) Sample(step, clock, log);
        if (_options.SaveEvery is { } every && step % every == 0 && step < _options.Steps) Capture().Save(CheckpointPath);
    }

    // What ended the training is what the user shall hear of first.
    private void SaveAtEnd()
    {
        try
        {
            Capture().Save(CheckpointPath);
            SavedAtEnd = true;
        }
        catch (CheckpointException problem)
        {
            ProblemAtEnd = problem;
        }
    }

    // With the sums of the losses since the last grid, so that the log of a resumed run says what it would have said.
    private Checkpoint Capture()
    {
        var state = _trainer.Capture(_data);
        return state with { Values = new Dictionary<string, double>(state.Values) { [CriticSum] = _critic, [ArtistSum] = _artist, [Summed] = _counted } };
    }

    private void Sample(long step, Stopwatch clock, LineFile log)
    {
        var path = GridPath(step);
        var seconds = clock.Elapsed.TotalSeconds;
        var means = new GanLosses(_critic / _counted, _artist / _counted);
        var images = (double)_timed * _trainer.Gan.Loss.DiscriminatorSteps * _data.BatchSize / seconds;
        Save(GridOf(), path);
        log.Append(string.Create(CultureInfo.InvariantCulture, $"{step},{means.Discriminator:R},{means.Generator:R},{images:0.0}"));
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
    private void DropLaterGrids()
    {
        var samples = Path.Combine(_options.Folder, "samples");
        // Grids are deleted and written there.
        if (new FileInfo(samples).LinkTarget is { } target) throw new DataException($"{samples}: is a link to {target}. Remove the link, or choose another folder with --out.");
        foreach (var (path, step) in Grids())
            if (step > _trainer.GeneratorOptimizer.Iterations) File.Delete(path);
    }

    private LineFile OpenLog()
    {
        const string Header = "step,discriminator_loss,generator_loss,images_per_second";
        var done = _trainer.GeneratorOptimizer.Iterations;
        var log = new LineFile(LogPath, line => line == Header || (long.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step) && step <= done));
        if (log.Kept == 0) log.Append(Header);
        return log;
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
