namespace Forge.Models.Training;

/// <summary>How a fit ended.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum FitEnd
{
    /// <summary>Every epoch was run.</summary>
    Completed,
    /// <summary>A callback asked for it.</summary>
    Stopped,
    /// <summary>The cancellation token was set.</summary>
    Cancelled,
    /// <summary>A step produced a value that is not finite.</summary>
    Diverged,
    /// <summary>The data could not be read or did not fit the model; the state is that before the batch.</summary>
    BadData,
    /// <summary>Something else was thrown, also by a callback.</summary>
    Failed,
}

/// <summary>Something that watches a fit, and may stop it or change the learning rate.</summary>
/// <remarks>
/// Called on the fitting thread, in the order given, checkpoints last; at the fit's end checkpoints first. What it must remember across a
/// resume it saves as numbers.
/// </remarks>
/// <threadsafety>One thread at a time: the fit's.</threadsafety>
public abstract class Callback
{
    /// <summary>Under which its numbers are saved; of several callbacks with one name, the second adds #2 and so on.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Before the first step, after a resume's state was restored.</summary>
    public virtual void OnTrainBegin(FitRun run) { }

    /// <summary>Before an epoch's first step (again, after a resume inside an epoch).</summary>
    public virtual void OnEpochBegin(FitRun run) { }

    /// <summary>After each step.</summary>
    /// <param name="run">The fit.</param>
    /// <param name="loss">The batch's mean loss, penalties included.</param>
    public virtual void OnBatchEnd(FitRun run, double loss) { }

    /// <summary>After an epoch's last step and its validation.</summary>
    public virtual void OnEpochEnd(FitRun run, EpochLog log) { }

    /// <summary>Something the user should know that ends nothing.</summary>
    /// <param name="run">The fit.</param>
    /// <param name="warning">For people: whole sentences.</param>
    public virtual void OnWarning(FitRun run, string warning) { }

    /// <summary>At the end, also when something is about to be thrown.</summary>
    /// <remarks>What this throws is thrown once every callback was told, unless the fit itself failed.</remarks>
    public virtual void OnTrainEnd(FitRun run, FitEnd outcome) { }

    /// <summary>What must survive a resume.</summary>
    public virtual IEnumerable<KeyValuePair<string, double>> Save() => [];

    /// <summary>Restores what <see cref="Save"/> gave.</summary>
    /// <param name="value">The number of a name; null when it was not saved.</param>
    public virtual void Restore(Func<string, double?> value) { }
}

/// <summary>A value of the epoch log that callbacks judge by, and which way is better.</summary>
/// <param name="Name">For example val_loss.</param>
/// <param name="HigherIsBetter">Whether it should rise.</param>
/// <param name="MinDelta">The least change that counts; at least 0.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record WatchedValue(string Name, bool HigherIsBetter, double MinDelta = 0)
{
    /// <summary>A value that no log has reached.</summary>
    public double Worst => HigherIsBetter ? double.NegativeInfinity : double.PositiveInfinity;

    /// <summary>Judges by a name: what has "acc", "precision", "recall" or "f1" in it should rise, all else fall.</summary>
    public static implicit operator WatchedValue(string name) => new(name, IsQuality(name));

    /// <summary>Whether a value is better than another.</summary>
    public bool IsBetter(double value, double than) => HigherIsBetter ? value - MinDelta > than : value + MinDelta < than;

    /// <summary>The value of a log.</summary>
    /// <exception cref="Core.ForgeException">The log has no such value; the message lists what it has.</exception>
    public double Of(EpochLog log) => log[Name] ?? throw new Core.ForgeException(
        $"The epoch has no '{Name}' to judge by; it has {string.Join(", ", log.Values.Select(v => v.Key))}. Give validation data, or watch another value.");

    private static bool IsQuality(string name) =>
        Array.Exists<string>(["acc", "precision", "recall", "f1"], part => name.Contains(part, StringComparison.Ordinal));
}
