using Forge.Core;
using Forge.Models.Optimizers;

namespace Forge.Models.Tests.Optimizers;

public sealed class ScheduleTests
{
    private static void Follows(Schedule schedule, params (long Step, double Rate)[] points) =>
        Assert.All(points, p => Assert.Equal(p.Rate, schedule.At(p.Step), 1e-12));

    [Fact]
    public void Constant_IsConstant() => Follows(0.5f, (0, 0.5), (1000, 0.5));

    [Fact]
    public void StepDecay_FallsEveryNth() => Follows(new StepDecay(8, 10, 0.5), (0, 8), (9, 8), (10, 4), (29, 2), (30, 1));

    [Fact]
    public void PiecewiseConstant_ChangesAfterEachBoundary() => Follows(new PiecewiseConstant([5, 7], [1, 2, 3]), (0, 1), (5, 1), (6, 2), (7, 2), (8, 3));

    [Fact]
    public void PiecewiseConstant_WrongCount_SaysSo() => Assert.Throws<ForgeException>(() => new PiecewiseConstant([5], [1]).At(0));

    [Fact]
    public void ExponentialDecay_SmoothAndInStairs()
    {
        Follows(new ExponentialDecay(1, 10, 0.25), (0, 1), (5, 0.5), (10, 0.25));
        Follows(new ExponentialDecay(1, 10, 0.25, Staircase: true), (0, 1), (9, 1), (10, 0.25), (19, 0.25));
    }

    [Fact]
    public void CosineDecay_FallsToItsLastFractionAndStays() =>
        Follows(new CosineDecay(2, 100, Last: 0.1), (0, 2), (50, 2 * (0.9 * 0.5 + 0.1)), (100, 0.2), (500, 0.2));

    [Fact]
    public void WarmUp_RisesInALineThenFollows() =>
        Follows(new WarmUp(4, new StepDecay(8, 2, 0.5)), (0, 0), (1, 2), (3, 6), (4, 8), (5, 8), (6, 4));
}
