namespace Forge.Vulkan.Tuning;

/// <summary>A variant while its op is tuned.</summary>
/// <param name="variant">The variant.</param>
internal sealed class Candidate(Variant variant)
{
    private readonly List<double> _times = [];

    /// <summary>The variant.</summary>
    public Variant Variant => variant;

    /// <summary>What became of it; null before it was tried.</summary>
    public Verdict? Verdict { get; set; }

    /// <summary>Why it is not right.</summary>
    public string Message { get; set; } = "";

    /// <summary>Whether an earlier run had quarantined it already.</summary>
    public bool WasQuarantined { get; init; }

    /// <summary>What its timed runs took, in ms.</summary>
    public IReadOnlyList<double> Times => _times;

    /// <summary>The shortest run, in ms: what else the machine does can only make it slower.</summary>
    public double Best => _times.Count == 0 ? double.PositiveInfinity : _times.Min();

    /// <summary>The median run, in ms.</summary>
    public double Median => _times.Count == 0 ? double.PositiveInfinity : _times.Order().ElementAt(_times.Count / 2);

    /// <summary>Whether the shortest run was no stroke of luck: another was within a twentieth of it.</summary>
    public bool IsSettled => _times.Count >= 4 && _times.Order().ElementAt(1) <= 1.05 * Best;

    /// <summary>Adds runs.</summary>
    public void Add(IEnumerable<double> times) => _times.AddRange(times);

    /// <summary>Forgets the runs so far: those that count are made side by side.</summary>
    public void Restart() => _times.Clear();
}
