using Forge.Models.Checkpoints;
using Forge.Models.Datasets;

namespace Forge.Models.Training;

/// <summary>How long and on what a model is fitted.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FitOptions
{
    /// <summary>Epochs in all, those before a resume included.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Batches an epoch, wrapping over the data; a whole pass when null.</summary>
    public int? StepsPerEpoch { get; init; }

    /// <summary>What each epoch is judged on; null for nothing.</summary>
    public IBatches? Validation { get; init; }

    /// <summary>Batches of a validation; a whole pass when null.</summary>
    public int? ValidationSteps { get; init; }

    /// <summary>What watches.</summary>
    public IReadOnlyList<Callback> Callbacks { get; init; } = [];

    /// <summary>Where to go on from; null to begin.</summary>
    public Checkpoint? Resume { get; init; }

    /// <summary>The model's configuration as checkpoints keep it.</summary>
    public string ModelConfig { get; init; } = "";
}

/// <summary>A fit under way: where it stands, and how to save it.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class FitRun
{
    private readonly IBatches _data;
    private readonly IReadOnlyList<Callback> _callbacks;
    private readonly Continuity _continuity;

    internal FitRun(Trainer trainer, IBatches data, FitOptions options)
    {
        (Trainer, _data, Options, Means) = (trainer, data, options, new(trainer.Names));
        _callbacks = [.. options.Callbacks.OrderBy(c => c is SaveCheckpoints)];
        _continuity = new(trainer.Engine);
        StepsPerEpoch = options.StepsPerEpoch ?? data.BatchesPerPass;
    }

    /// <summary>What is fitted.</summary>
    public Trainer Trainer { get; }

    /// <summary>How long and on what.</summary>
    public FitOptions Options { get; }

    /// <summary>The epoch under way, from 0; after an epoch's end, the next.</summary>
    public int Epoch { get; internal set; }

    /// <summary>Steps done in that epoch.</summary>
    public int StepInEpoch { get; internal set; }

    /// <summary>Steps of an epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The running means of the epoch.</summary>
    public RunningMeans Means { get; }

    /// <summary>The epochs finished since the fit began or was resumed.</summary>
    public IReadOnlyList<EpochLog> History => Logs;

    /// <summary>Why a callback asked to stop; null when none did.</summary>
    public string? StopReason { get; private set; }

    /// <summary>Whether callbacks are being told something, or one of them threw.</summary>
    internal bool IsTelling { get; set; }

    internal List<EpochLog> Logs { get; } = [];

    internal IReadOnlyList<Callback> Callbacks => _callbacks;

    /// <summary>Ends the fit after the current step or epoch.</summary>
    /// <param name="reason">For people.</param>
    public void Stop(string reason) => StopReason ??= reason;

    /// <summary>Everything that a resume needs to continue with the same bits.</summary>
    public Checkpoint Capture()
    {
        var (engine, optimizer) = (Trainer.Engine, Trainer.Optimizer);
        var values = new Dictionary<string, double>
        {
            ["optimizer.rate_factor"] = optimizer.RateFactor,
            ["engine.random_step"] = engine.RandomStep,
            ["epoch.examples"] = Means.Examples,
        };
        Trainer.TakeOver();
        optimizer.Prepare(Trainer.Model.Parameters); // before the first step the optimizer keeps nothing yet
        for (var i = 0; i < Means.Names.Count; i++) values[$"epoch.sum.{Means.Names[i]}"] = Means.Sums[i];
        foreach (var (callback, prefix) in Prefixed())
            foreach (var (name, value) in callback.Save()) values[prefix + name] = value;
        return _continuity.Signed(new()
        {
            Weights = Trainer.Model.Parameters.ToDictionary(p => p.Name, engine.State.Read),
            OptimizerSlots = optimizer.ReadState(engine.State),
            OptimizerConfig = optimizer.Name,
            ModelConfig = Options.ModelConfig,
            InputShape = Trainer.Model.ExpectedInputs is [var only] ? only.Extents.ToArray() : [],
            ClassNames = _data.ClassNames,
            Step = optimizer.Iterations,
            Epoch = Epoch,
            StepInEpoch = StepInEpoch,
            Data = _data.Position,
            Values = values,
        }, Trainer.Precision);
    }

    internal void Restore(Checkpoint saved)
    {
        var (engine, optimizer) = (Trainer.Engine, Trainer.Optimizer);
        if (saved.OptimizerConfig != optimizer.Name)
            throw new CheckpointException($"The checkpoint was trained with the optimizer {saved.OptimizerConfig}, but this run uses {optimizer.Name}. Resume with the same optimizer.");
        _continuity.GoOnWith(saved, Trainer.Precision, "The checkpoint");
        Trainer.LoadWeights(saved, "the checkpoint");
        Trainer.TakeOver();
        optimizer.Prepare(Trainer.Model.Parameters);
        optimizer.WriteState(engine.State, saved.OptimizerSlots);
        optimizer.Iterations = saved.Step;
        optimizer.RateFactor = saved.Values.GetValueOrDefault("optimizer.rate_factor", 1);
        engine.RandomStep = (uint)saved.Values.GetValueOrDefault("engine.random_step");
        _data.Position = saved.Data;
        (Epoch, StepInEpoch) = (saved.Epoch, saved.StepInEpoch);
        Means.Restore([.. Means.Names.Select(n => saved.Values.GetValueOrDefault($"epoch.sum.{n}"))], (long)saved.Values.GetValueOrDefault("epoch.examples"));
        foreach (var (callback, prefix) in Prefixed())
            callback.Restore(name => saved.Values.TryGetValue(prefix + name, out var value) ? value : null);
    }

    // How the names of each callback's saved numbers begin. Two of one type are told apart by their order.
    private IEnumerable<(Callback Callback, string Prefix)> Prefixed()
    {
        var seen = new Dictionary<string, int>();
        foreach (var callback in _callbacks)
        {
            var nth = seen[callback.Name] = seen.GetValueOrDefault(callback.Name) + 1;
            yield return (callback, nth == 1 ? $"callback.{callback.Name}." : FormattableString.Invariant($"callback.{callback.Name}#{nth}."));
        }
    }

    /// <summary>What to warn of since the last call: where this run is no longer, to the bit, the one that was saved.</summary>
    internal string? NewWarning() => _continuity.NewWarning();
}
