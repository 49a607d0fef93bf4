using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>What came of an edit.</summary>
/// <param name="Verdict">What became of the variant.</param>
/// <param name="Message">Why, where it is not right.</param>
/// <param name="Before">Runs of the last good version, in ms; empty where there is none or the edit is not right.</param>
/// <param name="After">Runs of the edited version, made in turn with those before; empty where it is not right.</param>
internal sealed record LabOutcome(Verdict Verdict, string Message, IReadOnlyList<double> Before, IReadOnlyList<double> After)
{
    /// <summary>Whether the edited version is right: the last good one from now on.</summary>
    public bool IsGood => Verdict == Verdict.Right;
}

/// <summary>Tries each version of a variant's shaders in a process of its own and keeps the process of the last good one, to time the next against.</summary>
/// <param name="program">The trial program; it reads the shaders anew each time it starts.</param>
/// <param name="use">The op and its types.</param>
/// <param name="work">What names them to the program.</param>
/// <param name="label">The variant's label.</param>
/// <param name="trusted">A portable variant whose full-size results others must give; null for none.</param>
/// <param name="limit">How long an answer may take.</param>
internal sealed class LabSession(TrialProgram program, OpUse use, TrialWork work, string label, string? trusted, TimeSpan limit) : IDisposable
{
    private const int Passes = 4, Runs = 5;
    private TrialProcess? _good;

    /// <summary>Tries the shaders as they are now.</summary>
    public LabOutcome Try()
    {
        var edited = new TrialProcess(program, limit);
        var outcome = Try(edited);
        if (!outcome.IsGood)
        {
            edited.Dispose();
            return outcome;
        }
        _good?.Dispose();
        _good = edited;
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose() => _good?.Dispose();

    private LabOutcome Try(TrialProcess edited)
    {
        TrialAnswer answer;
        try
        {
            answer = edited.Ask(Request(0));
        }
        catch (DeviceException problem)
        {
            return Bad(TrialAnswer.Of(Verdict.Failed, problem.Message)); // what every shader includes may be broken, too
        }
        if (answer.Verdict != Verdict.Right)
            return Bad(answer);
        var (before, after) = (new List<double>(), new List<double>());
        for (var pass = 0; pass < Passes; pass++)
        {
            if (_good is not null && _good.Ask(Request(Runs)) is { Verdict: Verdict.Right } earlier)
                before.AddRange(earlier.Milliseconds);
            answer = edited.Ask(Request(Runs));
            if (answer.Verdict != Verdict.Right)
                return Bad(answer);
            after.AddRange(answer.Milliseconds);
        }
        return new(Verdict.Right, "", before, after);
    }

    private TrialRequest Request(int runs) => new(work, use.Key, label, trusted, runs);

    private static LabOutcome Bad(TrialAnswer answer) => new(answer.Verdict, answer.Message, [], []);
}
