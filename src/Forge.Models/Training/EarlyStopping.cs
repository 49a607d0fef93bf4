using Forge.Core;

namespace Forge.Models.Training;

/// <summary>Stops when a value has not become better for some epochs.</summary>
/// <param name="monitor">The value; val_loss when left out.</param>
/// <param name="patience">Epochs without improvement that are borne.</param>
/// <param name="restoreBest">
/// Whether the weights of the best epoch are put back at the end. They are in memory alone: a fit resumed by another process looks for a
/// best epoch among its own.
/// </param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class EarlyStopping(WatchedValue? monitor = null, int patience = 0, bool restoreBest = false) : Callback
{
    private readonly WatchedValue _monitor = monitor ?? "val_loss";
    private double _best = double.NaN;
    private int _waited;
    private IReadOnlyList<(Parameter Parameter, HostTensor Value)>? _bestWeights;

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log)
    {
        var value = _monitor.Of(log);
        if (double.IsNaN(_best) || _monitor.IsBetter(value, _best))
        {
            (_best, _waited) = (value, 0);
            if (restoreBest) _bestWeights = [.. run.Trainer.Model.Parameters.Select(p => (p, run.Trainer.Engine.State.Read(p)))];
            return;
        }
        if (++_waited > patience) run.Stop($"{_monitor.Name} has not improved on {_best:0.####} for {_waited} epochs");
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(FitRun run, FitEnd outcome)
    {
        if (outcome is not (FitEnd.Completed or FitEnd.Stopped) || _bestWeights is null) return;
        foreach (var (parameter, value) in _bestWeights) run.Trainer.Engine.State.Write(parameter, value);
    }

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Save() => [new("best", _best), new("waited", _waited)];

    /// <inheritdoc/>
    public override void Restore(Func<string, double?> value)
    {
        var best = value("best") ?? double.NaN;
        if (restoreBest && !(_bestWeights is not null && best.Equals(_best)))
            (_best, _waited, _bestWeights) = (double.NaN, 0, null); // a best without its weights could only put back nothing
        else
            (_best, _waited) = (best, (int)(value("waited") ?? 0));
    }
}

/// <summary>Lowers the learning rate when a value has not become better for some epochs (Keras's ReduceLROnPlateau).</summary>
/// <param name="monitor">The value; val_loss, better by at least 1e-4, when left out.</param>
/// <param name="factor">What the rate is multiplied by, below 1.</param>
/// <param name="patience">Epochs without improvement before that.</param>
/// <param name="cooldown">Epochs after it that do not count.</param>
/// <param name="minRate">The rate is not lowered below.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ReduceRateOnPlateau(WatchedValue? monitor = null, double factor = 0.1, int patience = 10, int cooldown = 0, double minRate = 0) : Callback
{
    private readonly WatchedValue _monitor = monitor ?? new("val_loss", HigherIsBetter: false, MinDelta: 1e-4);
    private double _best = double.NaN;
    private int _waited, _cooling;

    /// <inheritdoc/>
    public override void OnEpochEnd(FitRun run, EpochLog log)
    {
        var value = _monitor.Of(log);
        if (_cooling > 0) (_cooling, _waited) = (_cooling - 1, 0);
        if (double.IsNaN(_best) || _monitor.IsBetter(value, _best))
        {
            (_best, _waited) = (value, 0);
            return;
        }
        if (_cooling > 0 || ++_waited < patience) return;
        var optimizer = run.Trainer.Optimizer;
        if (optimizer.Rate <= minRate) return;
        var target = Math.Max(optimizer.Rate * factor, minRate);
        optimizer.RateFactor *= target / optimizer.Rate;
        (_cooling, _waited) = (cooldown, 0);
    }

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, double>> Save() => [new("best", _best), new("waited", _waited), new("cooling", _cooling)];

    /// <inheritdoc/>
    public override void Restore(Func<string, double?> value) =>
        (_best, _waited, _cooling) = (value("best") ?? double.NaN, (int)(value("waited") ?? 0), (int)(value("cooling") ?? 0));
}
