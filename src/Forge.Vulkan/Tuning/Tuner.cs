using System.Diagnostics;

namespace Forge.Vulkan.Tuning;

/// <summary>What tuning an op use gave.</summary>
/// <param name="Use">The op and its types.</param>
/// <param name="Ranked">Every variant that was tried: the right ones first, the fastest of them first of all.</param>
/// <param name="Default">The untuned default.</param>
/// <param name="Winner">The variant to use; null where none is right.</param>
internal sealed record TuningReport(OpUse Use, IReadOnlyList<Candidate> Ranked, Candidate Default, Candidate? Winner);

/// <summary>Finds the fastest right variant of an op: checks each in a process of its own, times those that are right, drops the slow ones early.</summary>
/// <param name="trials">Where variants run.</param>
/// <param name="tuned">What is known of the device, and where findings go.</param>
/// <param name="limits">What the device has.</param>
internal sealed class Tuner(TrialProcess trials, TunedVariants tuned, DeviceLimits limits)
{
    // Beyond this factor of the fastest a variant is not timed again; the field is halved each round besides.
    private const double Hopeless = 2.5;

    // A winner must beat the default by this factor, in the median and in the best run.
    private const double Margin = 0.98;

    /// <summary>Called for each variant once its check is over.</summary>
    public Action<Candidate>? Checked { get; init; }

    /// <summary>Tunes an op use and stores the outcome.</summary>
    /// <param name="use">The op and its types.</param>
    /// <param name="work">What names them to the trial process.</param>
    /// <param name="budget">How long timing may take; every variant is checked however long that takes.</param>
    /// <param name="cancellation">Ends it; nothing is stored then.</param>
    public TuningReport Tune(OpUse use, TrialWork work, TimeSpan budget, CancellationToken cancellation)
    {
        var kernel = use.Kernel!;
        List<Candidate> all = [.. use.Variants(limits).Select(v => tuned.Quarantine(kernel, use, v) is { } known
            ? new Candidate(v) { Verdict = known.Verdict, Message = known.Message, WasQuarantined = true }
            : new Candidate(v))];
        var trial = new Trials(this, use, work, cancellation);
        // A portable variant first: others are compared with it at full size. Then the default, which is likely the fastest: what is far slower is seen at once.
        foreach (var candidate in all.Where(c => c.Verdict is null).OrderBy(c => c.Variant.Family == Family.Portable && trial.Trusted is null ? 0 : c == all[0] ? 1 : 2))
            trial.Check(candidate);

        var started = Stopwatch.GetTimestamp();
        bool HasTime() => Stopwatch.GetElapsedTime(started) < budget;
        var alive = Fastest(all);
        for (var runs = 2; alive.Count > 1 && HasTime(); runs *= 2)
        {
            trial.Race(alive, runs);
            alive = [.. Fastest(alive).Take((alive.Count + 1) / 2)];
        }
        if (alive.Count > 0)
            Climb(use, trial, all, alive[0], HasTime);

        var winner = Decide(trial, all[0], Fastest(all).FirstOrDefault(), () => Stopwatch.GetElapsedTime(started) < 2 * budget);
        cancellation.ThrowIfCancellationRequested();
        if (winner is not null)
            tuned.Cache.Add(new TunedChoice(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), tuned.Sources(kernel, use, winner.Variant, all[0].Variant),
                winner.Variant.Label, Math.Round(winner.Median, 4), all[0].Variant.Label, all[0].Times.Count > 0 ? Math.Round(all[0].Median, 4) : 0, DateTime.UtcNow));
        var ranked = all.OrderBy(c => c == winner ? 0 : 1).ThenBy(c => c.Verdict ?? Verdict.Failed).ThenBy(c => c.Best).ToList();
        return new(use, ranked, all[0], winner);
    }

    // From the fastest variant, one tunable changed at a time, as long as something gains.
    private static void Climb(OpUse use, Trials trial, List<Candidate> all, Candidate leader, Func<bool> hasTime)
    {
        var origin = leader.Variant;
        for (var gained = true; gained;)
        {
            gained = false;
            foreach (var tunable in origin.Tunables ?? [])
                foreach (var value in tunable.Values)
                {
                    if (!hasTime())
                        return;
                    Setting[] settings = [.. (leader.Variant.Settings ?? []).Where(s => s.Name != tunable.Name), new(tunable.Name, value)];
                    if (use.Kernel!.TunedOf(use.Op, origin, settings, use.Inputs, use.Outputs, trial.Limits) is not { } variant || all.Any(c => c.Variant.Label == variant.Label))
                        continue;
                    var candidate = new Candidate(variant);
                    all.Add(candidate);
                    trial.Check(candidate);
                    if (candidate.Verdict != Verdict.Right || candidate.Best > Hopeless * leader.Best)
                        continue;
                    trial.Race([leader, candidate], 4);
                    if (!IsFaster(candidate, leader))
                        continue;
                    (leader, gained) = (candidate, true);
                }
        }
    }

    // The default stays unless something is faster beyond noise. On a busy machine that takes some runs to see.
    private static Candidate? Decide(Trials trial, Candidate usual, Candidate? fastest, Func<bool> hasTime)
    {
        const int Runs = 4;
        if (fastest is null || usual.Verdict != Verdict.Right || fastest == usual)
            return fastest;
        usual.Restart();
        fastest.Restart();
        do
            trial.Race([usual, fastest], Runs);
        while (fastest.Verdict == Verdict.Right && !(usual.IsSettled && fastest.IsSettled) && hasTime());
        return fastest.Verdict == Verdict.Right && IsFaster(fastest, usual) ? fastest : usual;
    }

    private static bool IsFaster(Candidate a, Candidate b) => a.Median < Margin * b.Median && a.Best < Margin * b.Best;

    private static List<Candidate> Fastest(IEnumerable<Candidate> candidates)
    {
        var right = candidates.Where(c => c.Verdict == Verdict.Right && c.Times.Count > 0).OrderBy(c => c.Best).ToList();
        return [.. right.Where(c => c.Best <= Hopeless * right[0].Best)];
    }

    // Questions about one op use.
    private sealed class Trials(Tuner tuner, OpUse use, TrialWork work, CancellationToken cancellation)
    {
        // Rounds of a race: alternating, so that what slows the machine for a while slows all.
        private const int Passes = 2;

        public string? Trusted { get; private set; }

        public DeviceLimits Limits => tuner.Limits;

        public void Check(Candidate candidate)
        {
            Take(candidate, 0);
            if (candidate.Verdict == Verdict.Right && candidate.Variant.Family == Family.Portable)
                Trusted ??= candidate.Variant.Label;
            tuner.Checked?.Invoke(candidate);
        }

        public void Race(IReadOnlyList<Candidate> field, int runs)
        {
            for (var pass = 0; pass < Passes; pass++)
                foreach (var candidate in field)
                    if (candidate.Verdict == Verdict.Right)
                        Take(candidate, runs);
        }

        private void Take(Candidate candidate, int runs)
        {
            cancellation.ThrowIfCancellationRequested();
            var answer = tuner.Ask(new(work, use.Key, candidate.Variant.Label, Trusted, runs), cancellation);
            cancellation.ThrowIfCancellationRequested(); // a signal may have ended the process: the kernel is not to blame
            (candidate.Verdict, candidate.Message) = (answer.Verdict, answer.Message);
            candidate.Add(answer.Milliseconds);
            if (answer.Verdict is Verdict.Wrong or Verdict.Crashed or Verdict.Hung)
                tuner.Quarantine(use, candidate.Variant, answer);
        }
    }

    private DeviceLimits Limits => limits;

    // An earlier variant may have spoilt the process without showing it: a fresh one decides who is to blame.
    private TrialAnswer Ask(TrialRequest request, CancellationToken cancellation)
    {
        trials.Start();
        var wasUsed = trials.IsUsed;
        var answer = trials.Ask(request);
        if (!wasUsed || answer.Verdict is Verdict.Right or Verdict.Failed)
            return answer;
        cancellation.ThrowIfCancellationRequested();
        return trials.Ask(request);
    }

    private void Quarantine(OpUse use, Variant variant, TrialAnswer answer) =>
        tuned.Cache.Add(new QuarantinedVariant(use.Kernel!.Stem, variant.Label, tuned.Sources(use.Kernel, use, variant), answer.Verdict, answer.Message, use.ToString(), DateTime.UtcNow));
}
