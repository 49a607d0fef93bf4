using Forge.Models.Checkpoints;

namespace Forge.Models.Training;

/// <summary>Writes the best and the last state of a fit to a folder; also when it is interrupted, diverges or meets data it cannot read.</summary>
/// <param name="folder">The run's folder; made if need be.</param>
/// <param name="monitor">What makes an epoch the best; val_accuracy, val_loss, accuracy or loss, the first the log has, when left out.</param>
/// <param name="every">Also writes the last state after so many steps; null for never.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SaveCheckpoints(string folder, WatchedValue? monitor = null, int? every = null) : Callback
{
    private WatchedValue? _monitor = monitor;
    private double _best = double.NaN;

    /// <summary>Where the best state is written.</summary>
    public string BestPath => Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Best));

    /// <summary>Where the last state is written.</summary>
    public string LastPath => Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Last));

    /// <summary>The best value so far; NaN before the first epoch's end.</summary>
    public double Best => _best;

    /// <summary>Whether the state was saved because the fit ended early.</summary>
    public bool SavedAtEnd { get; private set; }

    /// <summary>Why the state could not be saved when the fit ended early; null where it was, or was not worth saving.</summary>
    /// <remarks>The fit throws what ended it; this would otherwise be lost.</remarks>
    public CheckpointException? ProblemAtEnd { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(FitRun run)
    {
        (SavedAtEnd, ProblemAtEnd) = (false, null);
        Directory.CreateDirectory(folder);
    }

    /// <inheritdoc/>
    public override void OnBatchEnd(FitRun run, double loss)
    {
        if (every is { } steps && run.StepInEpoch % steps == 0 && run.StepInEpoch < run.StepsPerEpoch) run.Capture().Save(LastPath);
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log)
    {
        _monitor ??= ((string[])["val_accuracy", "val_loss", "accuracy", "loss"]).First(name => log[name] is not null);
        var value = _monitor.Of(log);
        var better = double.IsNaN(_best) || _monitor.IsBetter(value, _best);
        if (better) _best = value;
        var state = run.Capture();
        if (better) state.Save(BestPath);
        state.Save(LastPath);
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(FitRun run, FitEnd outcome)
    {
        // Stopped after an epoch: its end has saved that state. Bad data before the first step leave nothing worth going on from.
        var worthKeeping = outcome is FitEnd.Cancelled or FitEnd.Diverged
            || (outcome == FitEnd.Stopped && run.StepInEpoch > 0)
            || (outcome == FitEnd.BadData && run.Trainer.Optimizer.Iterations > 0);
        if (!worthKeeping) return;
        try
        {
            run.Capture().Save(LastPath);
            SavedAtEnd = true;
        }
        catch (CheckpointException problem)
        {
            ProblemAtEnd = problem;
            throw;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Save() => [new("best", _best)];

    /// <inheritdoc/>
    public override void Restore(Func<string, double?> value) => _best = value("best") ?? double.NaN;
}
