namespace Forge.Models.Training;

/// <summary>Writes a line of comma-separated numbers after each epoch (Keras's CSVLogger); a resumed run repeats no line.</summary>
/// <param name="path">The file.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class WriteCsv(string path) : Callback, IDisposable
{
    private CsvLog? _log;

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log)
    {
        _log ??= new(path, [.. log.Values.Select(v => v.Key), "seconds", "learning_rate"], run.Options.Resume is null ? null : log.Epoch);
        _log.Append(log.Epoch + 1, new Dictionary<string, double>(log.Values) { ["seconds"] = log.Seconds, ["learning_rate"] = log.LearningRate });
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(FitRun run, FitEnd outcome) => Dispose();

    /// <summary>Closes the file; the end of a fit does so too.</summary>
    public void Dispose()
    {
        _log?.Dispose();
        _log = null;
    }
}

/// <summary>Writes a JSON object on a line of its own after each epoch; a resumed run repeats no line.</summary>
/// <param name="path">The file.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class WriteJson(string path) : Callback, IDisposable
{
    private JsonLog? _log;

    /// <inheritdoc/>
    public override void OnTrainBegin(FitRun run) => _log = new(path, run.Options.Resume is null ? null : run.Epoch);

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log) =>
        _log!.AppendEpoch(log.Epoch + 1, [.. log.Values, new("seconds", log.Seconds), new("learning_rate", log.LearningRate)]);

    /// <inheritdoc/>
    public override void OnTrainEnd(FitRun run, FitEnd outcome) => Dispose();

    /// <summary>Closes the file; the end of a fit does so too.</summary>
    public void Dispose()
    {
        _log?.Dispose();
        _log = null;
    }
}

/// <summary>Shows the line Keras shows while it trains.</summary>
/// <param name="line">Where and how.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ShowProgress(ProgressLine line) : Callback
{
    /// <inheritdoc/>
    public override void OnEpochBegin(FitRun run) => line.Begin(run.Epoch + 1, run.Options.Epochs, run.StepsPerEpoch, run.StepInEpoch);

    /// <inheritdoc/>
    public override void OnBatchEnd(FitRun run, double loss) => line.Step(run.StepInEpoch, run.Means.Means());

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log) => line.End(log.Values);

    /// <inheritdoc/>
    public override void OnTrainEnd(FitRun run, FitEnd outcome) => line.Break();
}
