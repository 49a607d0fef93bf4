namespace Forge.Models.Training;

/// <summary>What an epoch came to.</summary>
/// <param name="Epoch">Which one, from 0.</param>
/// <param name="Values">Means by name, in the order of columns: loss, accuracy, val_loss, ...</param>
/// <param name="Seconds">Wall-clock time, validation included.</param>
/// <param name="LearningRate">The rate at its end.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record EpochLog(int Epoch, IReadOnlyList<KeyValuePair<string, double>> Values, double Seconds, double LearningRate)
{
    /// <summary>The value of a name; null when the epoch has none.</summary>
    public double? this[string name]
    {
        get
        {
            foreach (var (key, value) in Values)
                if (key == name) return value;
            return null;
        }
    }

    /// <summary>The mean loss, penalties included.</summary>
    public double Loss => this["loss"] ?? double.NaN;
}

/// <summary>What running over some data came to.</summary>
/// <param name="Values">Means by name: loss first, then the metrics.</param>
/// <param name="Examples">How many examples there were.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Evaluation(IReadOnlyList<KeyValuePair<string, double>> Values, long Examples)
{
    /// <summary>The mean loss.</summary>
    public double Loss => Values[0].Value;

    /// <summary>The value of a name; null when it was not computed.</summary>
    public double? this[string name] => Values.Where(v => v.Key == name).Select(v => (double?)v.Value).FirstOrDefault();
}

/// <summary>Sums over examples, shown as means: Keras's running epoch mean.</summary>
/// <remarks>A mean over a batch counts as many times as the batch has examples, so a partial batch weighs less.</remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class RunningMeans(IReadOnlyList<string> names)
{
    private readonly double[] _sums = new double[names.Count];

    /// <summary>The names, loss first.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>The sums so far: state to be saved.</summary>
    public IReadOnlyList<double> Sums => _sums;

    /// <summary>Examples so far: state to be saved.</summary>
    public long Examples { get; private set; }

    /// <summary>Adds a batch.</summary>
    /// <param name="count">Its examples.</param>
    /// <param name="meanLoss">The mean loss over them.</param>
    /// <param name="sums">The sum of each metric.</param>
    public void Add(int count, double meanLoss, ReadOnlySpan<double> sums)
    {
        _sums[0] += meanLoss * count;
        for (var i = 0; i < sums.Length; i++) _sums[i + 1] += sums[i];
        Examples += count;
    }

    /// <summary>The means by name.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Means() =>
        [.. Names.Select((name, i) => KeyValuePair.Create(name, Examples == 0 ? double.NaN : _sums[i] / Examples))];

    /// <summary>Continues from saved sums.</summary>
    public void Restore(IReadOnlyList<double> sums, long examples)
    {
        for (var i = 0; i < _sums.Length; i++) _sums[i] = sums[i];
        Examples = examples;
    }

    /// <summary>Starts again.</summary>
    public void Clear()
    {
        Array.Clear(_sums);
        Examples = 0;
    }
}
