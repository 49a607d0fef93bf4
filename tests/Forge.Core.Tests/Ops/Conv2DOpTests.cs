using Forge.Core.Ops;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public class Conv2DOpTests
{
    [Fact]
    public void Conv2D_WindowIsNotFlipped()
    {
        var y = Run(new Conv2DOp(Conv2DGeometry.Unit), Counting((1, 3, 3, 1)), Values((2, 2, 1, 1), 1, 10, 100, 1000))[0];
        Assert.Equal([5421.0, 6532, 8754, 9865], y.Elements);
    }

    // The formula of the op's summary read literally, output by output; the reference walks taps instead.
    [Fact]
    public void Conv2D_SampledCases_FollowTheFormula()
    {
        for (var seed = 0ul; seed < 40; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var (g, shapeOfX, shapeOfW) = Conv2DGeometry.Sample(draw);
            var (x, w) = (draw.Uniform(shapeOfX), draw.Uniform(shapeOfW));
            var y = Run(new Conv2DOp(g), x, w)[0];
            var ((_, height, width, _), (kh, kw, perGroup, o)) = (x.Shape.Nhwc, w.Shape.Nhwc);
            for (var pick = 0; pick < 30; pick++)
            {
                var (n, p, q, k) = (draw.Int(0, y.Shape[0] - 1), draw.Int(0, y.Shape[1] - 1), draw.Int(0, y.Shape[2] - 1), draw.Int(0, o - 1));
                var sum = 0.0;
                for (var i = 0; i < kh; i++)
                    for (var j = 0; j < kw; j++)
                        for (var c = 0; c < perGroup; c++)
                        {
                            var (row, column) = (p * g.Stride.H - g.Padding.Top + i * g.Dilation.H, q * g.Stride.W - g.Padding.Left + j * g.Dilation.W);
                            if (row >= 0 && row < height && column >= 0 && column < width)
                                sum += x[n, row, column, k / (o / g.Groups) * perGroup + c] * w[i, j, c, k];
                        }
                Assert.Equal(sum, y[n, p, q, k], 1e-9);
            }
        }
    }

    // <u, Conv(x, w)> = <InputGradient(u, w), x> = <WeightGradient(x, u), w>: each is linear in both its inputs.
    [Fact]
    public void Conv2DGradients_SampledCases_AreAdjointToTheConvolution()
    {
        for (var seed = 0ul; seed < 60; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var (g, shapeOfX, shapeOfW) = Conv2DGeometry.Sample(draw);
            var (x, w) = (draw.Uniform(shapeOfX), draw.Uniform(shapeOfW));
            var y = Run(new Conv2DOp(g), x, w)[0];
            var u = draw.Uniform(y.Shape);
            var dx = Run(new Conv2DInputGradientOp(g, (shapeOfX[1], shapeOfX[2])), u, w)[0];
            var gradients = Run(new Conv2DWeightGradientOp(g, (shapeOfW[0], shapeOfW[1]), WithBiasGradient: true), x, u);
            AreEqual(Dot(u, y), Dot(dx, x), Norm(u) * Norm(y));
            AreEqual(Dot(u, y), Dot(gradients[0], w), Norm(u) * Norm(y));
            AreEqual(u.Elements.Sum(), gradients[1].Elements.Sum(), Norm(u));
        }
    }

    [Fact]
    public void Conv2D_SamePadding_KeepsTheExtentOverTheStride()
    {
        var padding = Padding2D.Same(5, 6, window: 3, stride: 2, dilation: 1);
        Assert.Equal(new Padding2D(1, 1, 0, 1), padding); // the odd column at the right, as in Keras
        Assert.Equal(new Shape(1, 3, 3, 1), Run(new Conv2DOp(new(2, padding, 1, 1)), Counting((1, 5, 6, 1)), Counting((3, 3, 1, 1)))[0].Shape);
    }

    [Fact]
    public void Conv2D_Epilogue_AddsBiasThenActivates()
    {
        var op = new Conv2DOp(Conv2DGeometry.Unit, new(HasBias: true, ActivationKind.Relu));
        Assert.Equal([0.0, 1], Run(op, Values((1, 1, 2, 1), 1, 2), Values((1, 1, 1, 1), 2), Values(new Shape(1), -3))[0].Elements);
    }

    [Fact]
    public void Conv2D_Relu_KeepsNaN()
    {
        var op = new Conv2DOp(Conv2DGeometry.Unit, new(HasBias: false, ActivationKind.Relu));
        Assert.Equal([double.NaN, 0], Run(op, Values((1, 1, 2, 1), double.NaN, -1), Values((1, 1, 1, 1), 1))[0].Elements);
    }

    [Fact]
    public void Conv2D_WindowTallerThanInput_SaysWhichSizesAndWhatToDo()
    {
        var text = Refusal(new Conv2DOp(new(1, Padding2D.Valid, (2, 1), 1)), (1, 4, 9, 1), (3, 3, 1, 1));
        Assert.Contains("window 3x3 (dilation 2x1) is larger than the 4x9 input", text, StringComparison.Ordinal);
        Assert.Contains("its height is 5", text, StringComparison.Ordinal);
        Assert.Contains("pad more", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Conv2D_ChannelsOfWeightsDiffer_SaysBoth() =>
        Assert.Contains("read 4 channels, but x has 3", Refusal(new Conv2DOp(Conv2DGeometry.Unit), (1, 5, 5, 3), (3, 3, 4, 8)), StringComparison.Ordinal);

    [Fact]
    public void Conv2D_GroupsThatDoNotDivide_AreRefused() =>
        Assert.Contains("4 input and 6 output channels cannot be split into 4 groups",
            Refusal(new Conv2DOp(Conv2DGeometry.Unit with { Groups = 4 }), (1, 5, 5, 4), (3, 3, 1, 6)), StringComparison.Ordinal);

    [Fact]
    public void Conv2D_NegativePadding_IsRefused() =>
        Assert.Contains("padding -1,0,0,0 is negative", Refusal(new Conv2DOp(Conv2DGeometry.Unit with { Padding = new(-1, 0, 0, 0) }), (1, 5, 5, 1), (3, 3, 1, 1)), StringComparison.Ordinal);

    [Fact]
    public void Conv2D_RankThreeInput_SaysToReshape() =>
        Assert.Contains("must have rank 4", Refusal(new Conv2DOp(Conv2DGeometry.Unit), (5, 5, 1), (3, 3, 1, 1)), StringComparison.Ordinal);

    [Fact]
    public void Conv2DInputGradient_CotangentOfAnotherShape_SaysBoth() =>
        Assert.Contains("dy is (1, 3, 3, 2), but convolving a 6x6 input with these weights gives (1, 4, 4, 2)",
            Refusal(new Conv2DInputGradientOp(Conv2DGeometry.Unit, 6), (1, 3, 3, 2), (3, 3, 1, 2)), StringComparison.Ordinal);

    [Fact]
    public void Conv2DWeightGradient_CotangentOfAnotherShape_SaysBoth() =>
        Assert.Contains("dy is (1, 3, 3, 2), but convolving x with a 3x3 window gives (1, 4, 4, 2)",
            Refusal(new Conv2DWeightGradientOp(Conv2DGeometry.Unit, 3), (1, 6, 6, 1), (1, 3, 3, 2)), StringComparison.Ordinal);
}
