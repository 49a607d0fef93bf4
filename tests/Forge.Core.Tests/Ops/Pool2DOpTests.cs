using Forge.Core.Ops;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public class Pool2DOpTests
{
    private static readonly Pool2DGeometry Pairs = new((1, 2), (1, 2), Padding2D.Valid);
    private static readonly Pool2DGeometry Same3 = new(3, 1, new(1, 1, 1, 1));

    [Fact]
    public void MaxPool2D_PaddedCells_NeverWin() =>
        Assert.Equal([-1.0, -1, -1, -1], Run(new MaxPool2DOp(Same3), Values((1, 2, 2, 1), -4, -3, -2, -1))[0].Elements);

    [Fact]
    public void MaxPool2D_NegativeInfinity_StaysInfinite() =>
        Assert.Equal([double.NegativeInfinity], Run(new MaxPool2DOp(Pairs), Values((1, 1, 2, 1), double.NegativeInfinity, double.NegativeInfinity))[0].Elements);

    [Theory]
    [InlineData(double.NaN, 5)]
    [InlineData(5, double.NaN)]
    [InlineData(double.NaN, double.PositiveInfinity)]
    public void MaxPool2D_NaN_Wins(double first, double second) =>
        Assert.Equal([double.NaN], Run(new MaxPool2DOp(Pairs), Values((1, 1, 2, 1), first, second))[0].Elements);

    [Fact]
    public void MaxPool2D_RowsLeftOver_AreNotRead() =>
        Assert.Equal([2.0, 4], Run(new MaxPool2DOp(Pairs), Counting((1, 1, 5, 1)))[0].Elements);

    [Fact]
    public void MaxPool2DGradient_Ties_GoToTheFirst() =>
        Assert.Equal([10.0, 0], Run(new MaxPool2DGradientOp(Pairs), Values((1, 1, 2, 1), 7, 7), Values((1, 1, 1, 1), 10))[0].Elements);

    [Fact]
    public void MaxPool2DGradient_OverlappingWindows_AddUp() =>
        Assert.Equal([0.0, 11, 0], Run(new MaxPool2DGradientOp(new((1, 2), 1, Padding2D.Valid)), Values((1, 1, 3, 1), 1, 3, 2), Values((1, 1, 2, 1), 1, 10))[0].Elements);

    [Fact]
    public void MaxPool2DGradient_ThroughRelu_StopsWhereTheWinnerIsNotPositive() =>
        Assert.Equal([0.0, 0, 0, 2], Run(new MaxPool2DGradientOp(Pairs, ThroughRelu: true), Values((1, 1, 4, 1), 0, 0, 1, 3), Values((1, 1, 2, 1), 1, 2))[0].Elements);

    // Gradient and pick are adjoint in their second input; so are the means.
    [Fact]
    public void PoolingGradients_SampledCases_AreAdjoint()
    {
        for (var seed = 0ul; seed < 60; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var (g, shape) = Pool2DGeometry.Sample(draw);
            var (x, v) = (Pool2DGeometry.Values(draw, shape), draw.Uniform(shape));
            var (picked, mean) = (Run(new MaxPool2DPickOp(g), x, v)[0], Run(new AvgPool2DOp(g), v)[0]);
            var u = draw.Uniform(picked.Shape);
            AreEqual(Dot(u, picked), Dot(Run(new MaxPool2DGradientOp(g), x, u)[0], v), Norm(u) * Norm(v));
            AreEqual(Dot(u, mean), Dot(Run(new AvgPool2DGradientOp(g, (shape[1], shape[2])), u)[0], v), Norm(u) * Norm(v));
            Assert.Equal(Run(new MaxPool2DOp(g), x)[0].Elements, Run(new MaxPool2DPickOp(g), x, x)[0].Elements);
        }
    }

    [Fact]
    public void AvgPool2D_PaddedCells_AreNotCounted() =>
        Assert.Equal([2.5, 2.5, 2.5, 2.5], Run(new AvgPool2DOp(Same3), Counting((1, 2, 2, 1)))[0].Elements);

    [Fact]
    public void MaxPool2D_WindowTallerThanInput_SaysWhichSizesAndWhatToDo()
    {
        var text = Refusal(new MaxPool2DOp(new(2, 2, Padding2D.Valid)), (32, 1, 36, 128));
        Assert.Contains("MaxPool2D: window 2x2 is larger than the 1x36 input", text, StringComparison.Ordinal);
        Assert.Contains("Use a smaller window, or pad before pooling", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AvgPool2D_PaddingHoldsAWindow_IsRefused() =>
        Assert.Contains("padding 2,0,0,0 is negative or holds a whole 2x2 window", Refusal(new AvgPool2DOp(new(2, 1, new(2, 0, 0, 0))), (1, 4, 4, 1)), StringComparison.Ordinal);

    [Fact]
    public void Pooling_OfImagesWithoutRows_IsRefused_ThoughPaddingWouldFitTheWindow() =>
        Assert.Contains("the 0x4 input has no cells", Refusal(new MaxPool2DOp(new(2, 1, new(1, 1, 0, 0))), (1, 0, 4, 1)), StringComparison.Ordinal);

    [Fact]
    public void MaxPool2DGradient_CotangentOfAnotherShape_SaysBoth() =>
        Assert.Contains("dy is (1, 3, 3, 1), but pooling x gives (1, 2, 2, 1)", Refusal(new MaxPool2DGradientOp(new(2, 2, Padding2D.Valid)), (1, 4, 4, 1), (1, 3, 3, 1)), StringComparison.Ordinal);

    [Fact]
    public void MaxPool2DPick_ShapesDiffer_SaysBoth() =>
        Assert.Contains("u is (1, 4, 2, 1) but x is (1, 4, 4, 1)", Refusal(new MaxPool2DPickOp(new(2, 2, Padding2D.Valid)), (1, 4, 4, 1), (1, 4, 2, 1)), StringComparison.Ordinal);

    [Fact]
    public void AvgPool2DGradient_CotangentOfAnotherShape_SaysBoth() =>
        Assert.Contains("dy is (1, 3, 3, 1), but pooling a 4x4 input gives (1, 2, 2, 1)", Refusal(new AvgPool2DGradientOp(new(2, 2, Padding2D.Valid), 4), (1, 3, 3, 1)), StringComparison.Ordinal);
}
