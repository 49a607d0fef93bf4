using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>What is checked of each op.</summary>
internal sealed record CheckScope
{
    /// <summary>Cases of an op on the device as it is; under a setting a fifth of them, at least three.</summary>
    public int Trials { get; init; } = 20;

    /// <summary>Decides the cases.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether only the variant is run that an untuned plan would run.</summary>
    public bool DefaultsOnly { get; init; }

    /// <summary>The one variant to run, by its label; null for all of them.</summary>
    public string? Variant { get; init; }

    /// <summary>Settings, in order; null is the device as it is.</summary>
    public IReadOnlyList<string?> Under { get; init; } = [null];

    /// <summary>The one case to run; null for all.</summary>
    public int? Case { get; init; }

    /// <summary>What the one case draws, where it is no case of the seed's.</summary>
    public IReadOnlyList<int>? Draws { get; init; }

    /// <summary>Numbers and draws of an op's cases.</summary>
    public IEnumerable<(int Number, IReadOnlyList<int> Draws)> Cases(string op) =>
        Draws is not null ? [(0, Draws)]
        : Case is { } only ? [(only, CheckCases.Draws(op, only, Seed))]
        : Enumerable.Range(0, Trials).Select(n => (n, (IReadOnlyList<int>)CheckCases.Draws(op, n, Seed)));

    /// <summary>Whether a case is run under a setting.</summary>
    public bool Takes(int number, string? under) => under is null || Case is not null || number < Math.Max(3, Trials / 5);
}

/// <summary>Checks the variants of ops by asking about their cases, one after the other.</summary>
/// <param name="ask">Answers a question: in this process, or from one of its own.</param>
/// <param name="scope">What is checked.</param>
internal sealed class OpChecker(Func<CheckQuestion, CheckAnswer> ask, CheckScope scope)
{
    /// <summary>What stands for a variant where a whole plan is run.</summary>
    public const string Plan = "plan";

    // What a variant is called where not even its name is known.
    private const string None = "none";

    /// <summary>Checks an op on a device. A variant that fails is not asked again; the others are.</summary>
    /// <returns>A row for each variant under each setting, in the order they were met; none for an op that runs no kernel.</returns>
    public IReadOnlyList<CheckRow> Check(OpEntry op, CancellationToken cancellation = default)
    {
        var rows = new List<CheckRow>();
        foreach (var (number, draws) in scope.Cases(op.Name))
            foreach (var under in scope.Under.Where(u => scope.Takes(number, u)))
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var variant in Variants(op, draws, under, Row))
                {
                    var row = Row(variant, under);
                    // What leaves its tensors where that is seen is not run where it is not.
                    if (row.Failure is not null || (under is null && rows.Exists(r => r.Variant == variant && r is { Under: CheckSettings.Checked, Failure: not null })))
                        continue;
                    cancellation.ThrowIfCancellationRequested();
                    var question = new CheckQuestion(op.Name, draws, under, variant);
                    var answer = ask(question);
                    if (answer.Message == CheckAnswer.NoVariant && scope.Draws is null)
                        continue;
                    if (answer.Message == CheckAnswer.NoGradient)
                        continue;
                    cancellation.ThrowIfCancellationRequested();
                    row.Add(number, draws, answer);
                    if (answer.Verdict != Verdict.Right)
                        row.Fail(Smallest(question, answer, cancellation));
                }
            }
        return [.. rows.Where(r => r.Cases > 0)];

        CheckRow Row(string variant, string? under)
        {
            if (rows.Find(r => r.Variant == variant && r.Under == under) is not { } row)
                rows.Add(row = new(op.Name, variant, under));
            return row;
        }
    }

    /// <summary>Compares an op's derivatives with differences of its reference: no device takes part.</summary>
    public DerivativeRow Derivatives(OpEntry op, CancellationToken cancellation = default)
    {
        var row = new DerivativeRow(op.Name);
        foreach (var (number, draws) in scope.Cases(op.Name))
        {
            cancellation.ThrowIfCancellationRequested();
            if (DerivativeCheck.Of(op.Sample(new Draw(draws))) is not { } gaps)
                continue;
            row.Add(number, draws, gaps);
            if (gaps.Problem is null)
                continue;
            row.Fail(Shrinking.Smallest(draws, d => DerivativeCheck.Of(op.Sample(new Draw(d)))?.Problem is not null, cancellation: cancellation), op);
            break;
        }
        return row;
    }

    private IReadOnlyList<string> Variants(OpEntry op, IReadOnlyList<int> draws, string? under, Func<string, string?, CheckRow> row)
    {
        if (under is not null && CheckSettings.Plans.Contains(under))
            return scope.Variant is null or Plan ? [Plan] : [];
        if (scope.Variant is { } only)
            return only == Plan ? [] : [only];
        var question = new CheckQuestion(op.Name, draws, under, null);
        var answer = ask(question);
        if (answer.Verdict == Verdict.Right)
            return scope.DefaultsOnly ? [.. answer.Variants.Take(1)] : answer.Variants;
        var none = row(None, under);
        if (none.Failure is null)
        {
            none.Add(0, draws, answer);
            none.Fail(new(answer, draws));
        }
        return [];
    }

    // The smallest case that fails, too: a short one says more.
    private CheckFailure Smallest(CheckQuestion question, CheckAnswer answer, CancellationToken cancellation)
    {
        var last = answer;
        var smallest = Shrinking.Smallest(question.Draws, draws =>
        {
            var other = ask(question with { Draws = draws });
            if (other.Verdict == Verdict.Right || other.Message is CheckAnswer.NoVariant)
                return false;
            last = other;
            return true;
            // Each that hangs takes all the time there is.
        }, answer.Verdict == Verdict.Hung ? 2 : Shrinking.MostTries, cancellation);
        return new(last, smallest);
    }
}
