namespace Forge.Cli.Measuring;

/// <summary>What a contestant did on a workload, over all rounds.</summary>
/// <param name="Contestant">Who.</param>
/// <param name="Rounds">A timing for each round it took part in, by round number from 0.</param>
/// <param name="Failure">Why it has none, or stopped; null where all went well.</param>
internal sealed record Standing(Contestant Contestant, IReadOnlyDictionary<int, Timing> Rounds, string? Failure)
{
    /// <summary>The median of its rounds' medians, in ms; NaN without any.</summary>
    public double Ms => Median.Of(Rounds.Values.Select(t => t.Ms));

    /// <summary>The shortest run of all, in ms.</summary>
    public double MsMin => Rounds.Values.Select(t => t.MsMin).DefaultIfEmpty(double.NaN).Min();

    /// <summary>The longest run of all, in ms.</summary>
    public double MsMax => Rounds.Values.Select(t => t.MsMax).DefaultIfEmpty(double.NaN).Max();

    /// <summary>Runs on the clock.</summary>
    public int Runs => Rounds.Values.Sum(t => t.Runs);
}

/// <summary>Forge's time by a peer's, over the rounds that both took part in.</summary>
/// <param name="Peer">The peer's group.</param>
/// <param name="Fastest">The contestant of the group that counts: the faster one.</param>
/// <param name="Value">The median of the rounds' ratios.</param>
/// <param name="Low">The lowest round's.</param>
/// <param name="High">The highest round's.</param>
internal sealed record Ratio(string Peer, string Fastest, double Value, double Low, double High);

/// <summary>All standings on one workload; the first is Forge's on the device in use.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="Standings">In the order they ran.</param>
internal sealed record ComparedResult(ComparedWorkload Workload, IReadOnlyList<Standing> Standings)
{
    /// <summary>Forge on the device in use.</summary>
    public Standing Own => Standings[0];

    /// <summary>Forge against the faster contestant of each group of peers.</summary>
    public IReadOnlyList<Ratio> Ratios =>
        [.. Standings.Where(s => s.Contestant.Group is not null && s.Rounds.Count > 0).GroupBy(s => s.Contestant.Group!).Select(Against).OfType<Ratio>()];

    // Round by round: both ran within a minute there, so what disturbed one mostly disturbed the other.
    private Ratio? Against(IGrouping<string, Standing> group)
    {
        var fastest = group.MinBy(s => s.Ms)!;
        var rounds = fastest.Rounds.Where(r => Own.Rounds.ContainsKey(r.Key)).Select(r => Own.Rounds[r.Key].Ms / r.Value.Ms).ToList();
        return rounds.Count == 0 ? null : new(group.Key, fastest.Contestant.Name, Median.Of(rounds), rounds.Min(), rounds.Max());
    }
}

/// <summary>Runs contestants in turn, round by round: A B A B.</summary>
internal static class Comparison
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    /// <summary>Runs a comparison.</summary>
    /// <param name="workloads">What to time.</param>
    /// <param name="contestants">Who takes part, Forge on the device in use first.</param>
    /// <param name="rounds">Rounds, at least 1.</param>
    /// <param name="told">Hears of each run as it ends: round, workload, contestant, its timing or why there is none.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<ComparedResult> Run(
        IReadOnlyList<ComparedWorkload> workloads, IReadOnlyList<Contestant> contestants, int rounds, Action<int, ComparedWorkload, Contestant, Timing?, string?> told, CancellationToken cancellation)
    {
        var results = new List<ComparedResult>();
        foreach (var workload in workloads)
        {
            var entrants = contestants.Select(c => (Contestant: c, Run: c.Runs(workload))).Where(e => e.Run is not null).ToList();
            var timings = entrants.Select(_ => new SortedDictionary<int, Timing>()).ToList();
            var failures = new string?[entrants.Count];
            for (var round = 0; round < rounds; round++)
                for (var i = 0; i < entrants.Count; i++)
                {
                    // Who failed once would fail again, and may take minutes to do so.
                    if (failures[i] is not null || round >= entrants[i].Run!.MostRounds) continue;
                    var timing = Time(entrants[i].Run!.Program, out failures[i], cancellation);
                    if (timing is not null) timings[i][round] = timing;
                    told(round, workload, entrants[i].Contestant, timing, failures[i]);
                }
            results.Add(new(workload, [.. entrants.Select((e, i) => new Standing(e.Contestant, timings[i], failures[i]))]));
        }
        return results;
    }

    private static Timing? Time(ChildProgram program, out string? failure, CancellationToken cancellation)
    {
        var ended = program.Run(s_limit, cancellation);
        var timing = Timing.Find(ended.Stdout, out var why);
        failure = timing is not null ? null : why ?? ended.Complaint;
        return timing;
    }
}
