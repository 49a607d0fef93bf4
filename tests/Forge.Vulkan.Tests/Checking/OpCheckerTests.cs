using Forge.Core;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Checking;

/// <summary>What is asked, counted, shrunk and told, with somebody else answering: no device.</summary>
public sealed class OpCheckerTests
{
    private const string Right = "portable/right", Wrong = "portable/wrong";

    [Fact]
    public void FailingCase_ShrinksToTheSmallest_AndTheOtherVariantGoesOn()
    {
        var op = OpTable.Find("Add")!;
        var asked = 0;
        var rows = new OpChecker(question => Answer(question, (prepared, _) => prepared.InputTypes[0].Count > 10, () => asked++), new() { Trials = 20 }).Check(op);
        var (right, wrong) = (rows.Single(r => r.Variant == Right), rows.Single(r => r.Variant == Wrong));
        Assert.Equal((20, null), (right.Cases, right.Failure));
        Assert.InRange(wrong.Cases, 1, 19);
        var smallest = new PreparedCase(CheckCases.Of(op, wrong.Failure!.Draws));
        Assert.InRange(smallest.InputTypes[0].Count, 11, 13);
        Assert.Equal(smallest.Shapes, wrong.Failure.Answer.Shapes);
        Assert.Equal($"--op Add --draws {string.Join(',', wrong.Failure.Draws)} --variants {Wrong}", wrong.Replay(1, null));
        Assert.InRange(asked, 40, 40 + 20 + Shrinking.MostTries);
    }

    [Fact]
    public void VariantThatStrays_WhereEveryAccessIsChecked_IsNotRunWhereNoneIs()
    {
        var rows = new OpChecker(question => Answer(question, (_, under) => under == CheckSettings.Checked), new() { Trials = 5, Under = [CheckSettings.Checked, null, "workgroup64"] }).Check(OpTable.Find("Add")!);
        Assert.Equal(["checked 1", "workgroup64 3"], rows.Where(r => r.Variant == Wrong).Select(r => $"{r.Under ?? "device"} {r.Cases}"));
        Assert.Equal(["checked 3", "device 5", "workgroup64 3"], rows.Where(r => r.Variant == Right).Select(r => $"{r.Under ?? "device"} {r.Cases}"));
    }

    [Fact]
    public void WorstCase_IsTold_ByItsNumberAndSeed()
    {
        var scope = new CheckScope { Trials = 8, Seed = 7, Variant = Right };
        var worst = CheckCases.Draws("Add", 5, 7);
        var row = Assert.Single(new OpChecker(question => Answer(question, (_, _) => false) with { Worst = question.Draws.SequenceEqual(worst) ? 31 : 2, Allowed = 32 }, scope).Check(OpTable.Find("Add")!));
        Assert.Equal((8, 31.0, 31 / 32.0), (row.Cases, row.Worst!.Worst, row.OfAllowed));
        Assert.Equal($"--op Add --case 5 --seed 7 --variants {Right}", row.Replay(7, null));
    }

    [Fact]
    public void Draws_ShrinkToFewAndSmallNumbers()
    {
        int[] draws = [.. Draw.Tape(3)];
        Assert.Equal([0, 0, 7], Shrinking.Smallest(draws, d => d.Count > 2 && d[2] >= 7));
        Assert.Empty(Shrinking.Smallest(draws, _ => true));
        Assert.Equal(draws, Shrinking.Smallest(draws, _ => false));
        var tries = 0;
        Shrinking.Smallest(draws, _ => ++tries < 0, mostTries: 5);
        Assert.Equal(5, tries);
    }

    [Fact]
    public void Cases_AreTheSame_ForTheSameSeedAlone_AndNumberZeroIsTheSmallest()
    {
        Assert.Equal(CheckCases.Draws("Add", 3), CheckCases.Draws("Add", 3));
        Assert.NotEqual(CheckCases.Draws("Add", 3), CheckCases.Draws("Add", 3, seed: 2));
        Assert.NotEqual(CheckCases.Draws("Add", 3), CheckCases.Draws("Mul", 3));
        Assert.Empty(CheckCases.Draws("Add", 0, seed: 9));
    }

    [Theory]
    [InlineData("nan", "Relu", 0.0, false), InlineData("nan", "Relu", double.NaN, true)]
    [InlineData("infinity", "Neg", double.NaN, false), InlineData("denormal", "Neg", 0.0, true), InlineData("denormal", "Neg", 1e-30, false)]
    public void SpecialValues_MustComeOutAsTheReferenceSays(string special, string name, double given, bool passes)
    {
        var planted = new PreparedCase(SpecialValues.Plant(CheckCases.Of(OpTable.Find(name)!, []), special)!, special);
        var output = new HostTensor(planted.OutputTypes[0]);
        foreach (ref var y in output.Span<float>()) y = (float)given;
        Assert.Equal(passes, planted.Measure([output]).Problem is null);
    }

    // Two variants; the wrong one fails where it is said.
    private static CheckAnswer Answer(CheckQuestion question, Func<PreparedCase, string?, bool> fails, Action? asked = null)
    {
        var prepared = new PreparedCase(CheckCases.Of(OpTable.Find(question.Op)!, question.Draws));
        if (question.Variant is null)
            return CheckAnswer.Of(Verdict.Right, "", prepared) with { Variants = [Right, Wrong] };
        asked?.Invoke();
        return question.Variant == Wrong && fails(prepared, question.Under) ? CheckAnswer.Of(Verdict.Wrong, "planted", prepared) : CheckAnswer.Of(Verdict.Right, "", prepared);
    }
}
