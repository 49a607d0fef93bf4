using System.Globalization;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>How a case failed, made as small as it could be.</summary>
/// <param name="Answer">What was answered for it.</param>
/// <param name="Draws">What it draws.</param>
internal sealed record CheckFailure(CheckAnswer Answer, IReadOnlyList<int> Draws);

/// <summary>What became of one variant of an op under one setting.</summary>
/// <param name="op">The op's name.</param>
/// <param name="variant">The variant's label.</param>
/// <param name="under">The setting; null for the device as it is.</param>
internal sealed class CheckRow(string op, string variant, string? under)
{
    private (int Number, IReadOnlyList<int> Draws, CheckAnswer Answer)? _worst;

    /// <summary>The op's name.</summary>
    public string Op => op;

    /// <summary>The variant's label.</summary>
    public string Variant => variant;

    /// <summary>The setting; null for the device as it is.</summary>
    public string? Under => under;

    /// <summary>Cases run.</summary>
    public int Cases { get; private set; }

    /// <summary>The answer nearest to what is allowed, or beyond.</summary>
    public CheckAnswer? Worst => _worst?.Answer;

    /// <summary>How much of what is allowed that is: 1 is all of it. 0 where results are exact.</summary>
    public double OfAllowed => Failure is not null ? double.PositiveInfinity : Worst is { Allowed: > 0, Worst: { } worst } a ? worst / a.Allowed : 0;

    /// <summary>How it failed; null where it did not.</summary>
    public CheckFailure? Failure { get; private set; }

    /// <summary>Whether it is quarantined now.</summary>
    public bool IsQuarantined { get; set; }

    /// <summary>Counts a case.</summary>
    public void Add(int number, IReadOnlyList<int> draws, CheckAnswer answer)
    {
        Cases++;
        if (_worst is null || answer.Verdict != Verdict.Right || Share(answer) > Share(_worst.Value.Answer))
            _worst = (number, draws, answer);

        static double Share(CheckAnswer a) => a.Allowed > 0 ? a.Worst / a.Allowed ?? double.PositiveInfinity : 0;
    }

    /// <summary>Ends the row.</summary>
    public void Fail(CheckFailure failure) => Failure = failure;

    /// <summary>The words behind <c>forge check --device D</c> that run the worst case again, or the smallest that fails.</summary>
    /// <param name="seed">The seed of the cases.</param>
    /// <param name="draws">The one case's draws, where it is no case of the seed's.</param>
    public string Replay(ulong seed, IReadOnlyList<int>? draws) =>
        $"--op {op} {Replaying.Words(Failure?.Draws ?? draws, _worst?.Number ?? 0, seed)}{(Variant.Contains('/', StringComparison.Ordinal) ? $" --variants {variant}" : "")}{(under is null ? "" : $" --under {under}")}";
}

/// <summary>What became of an op's derivatives.</summary>
/// <param name="op">The op's name.</param>
internal sealed class DerivativeRow(string op)
{
    private int _worst;

    /// <summary>The op's name.</summary>
    public string Op => op;

    /// <summary>Cases that have a gradient.</summary>
    public int Cases { get; private set; }

    /// <summary>The largest gaps met; null where nothing is differentiated.</summary>
    public DerivativeGaps? Worst { get; private set; }

    /// <summary>What is wrong; null where nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>The inputs' types of the smallest case that is wrong.</summary>
    public string Shapes { get; private set; } = "";

    /// <summary>What the smallest case draws that is wrong.</summary>
    public IReadOnlyList<int>? Draws { get; private set; }

    /// <summary>Counts a case.</summary>
    public void Add(int number, IReadOnlyList<int> draws, DerivativeGaps gaps)
    {
        Cases++;
        if (Worst is null || !(gaps.Vjp <= Worst.Vjp))
            (_worst, Draws) = (number, null);
        Worst = Worst is null ? gaps : Worst.Or(gaps);
        Problem ??= gaps.Problem;
        if (Problem is not null)
            Draws = draws;
    }

    /// <summary>Ends the row with the smallest case that is wrong.</summary>
    public void Fail(IReadOnlyList<int> draws, OpEntry entry)
    {
        var smallest = entry.Sample(new Draw(draws));
        (Draws, Shapes) = (draws, string.Join(" ", smallest.Inputs.Select(i => i.Type)));
        Problem = DerivativeCheck.Of(smallest)?.Problem ?? Problem;
    }

    /// <summary>The words behind <c>forge check</c> that run the worst case again, or the smallest that is wrong.</summary>
    public string Replay(ulong seed) => $"--op {op} {Replaying.Words(Draws, _worst, seed)}";
}

/// <summary>How a case is asked for again.</summary>
internal static class Replaying
{
    /// <summary>By its draws, or by its number and seed.</summary>
    public static string Words(IReadOnlyList<int>? draws, int number, ulong seed) =>
        draws is { Count: > 0 } ? $"--draws {string.Join(',', draws)}"
        : draws is not null ? "--case 0"
        : string.Create(CultureInfo.InvariantCulture, $"--case {number}{(seed == 1 ? "" : $" --seed {seed}")}");
}
