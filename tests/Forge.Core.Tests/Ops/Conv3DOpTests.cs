using Forge.Core.Ops;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public class Conv3DOpTests
{
    [Fact]
    public void Conv3D_WindowIsNotFlipped()
    {
        var y = Run(new Conv3DOp(Conv3DGeometry.Unit), Counting(new(1, 2, 2, 2, 1)), Values(new(2, 1, 2, 1, 1), 1, 10, 100, 1000))[0];
        Assert.Equal([1 + 20 + 500 + 6000.0, 3 + 40 + 700 + 8000.0], y.Elements);
    }

    // The formula of the op's summary read literally, output by output; the reference walks taps of frames instead.
    [Fact]
    public void Conv3D_SampledCases_FollowTheFormula()
    {
        for (var seed = 0ul; seed < 40; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var (g, shapeOfX, shapeOfW) = Conv3DGeometry.Sample(draw);
            var (x, w) = (draw.Uniform(shapeOfX), draw.Uniform(shapeOfW));
            var y = Run(new Conv3DOp(g), x, w)[0];
            var ((_, depth, height, width, channels), (kd, kh, kw, perGroup, o), (n, frames, p, q, _)) = (x.Shape.Ndhwc, w.Shape.Ndhwc, y.Shape.Ndhwc);
            for (var pick = 0; pick < 30; pick++)
            {
                var (clip, f, r, c, k) = (draw.Int(0, n - 1), draw.Int(0, frames - 1), draw.Int(0, p - 1), draw.Int(0, q - 1), draw.Int(0, o - 1));
                var sum = 0.0;
                for (var tap = 0; tap < kd * kh * kw; tap++)
                {
                    var (a, i, j) = (tap / (kh * kw), tap / kw % kh, tap % kw);
                    var (frame, row, column) = (f * g.Stride.D - g.Padding.Front + a * g.Dilation.D, r * g.Stride.H - g.Padding.Frame.Top + i * g.Dilation.H, c * g.Stride.W - g.Padding.Frame.Left + j * g.Dilation.W);
                    if (frame < 0 || frame >= depth || row < 0 || row >= height || column < 0 || column >= width) continue;
                    for (var channel = 0; channel < perGroup; channel++)
                        sum += x[(((clip * depth + frame) * height + row) * width + column) * channels + k / (o / g.Groups) * perGroup + channel] * w[(tap * perGroup + channel) * o + k];
                }
                Assert.Equal(sum, y[(((clip * frames + f) * p + r) * q + c) * o + k], 1e-9);
            }
        }
    }

    // <u, Conv(x, w)> = <InputGradient(u, w), x> = <WeightGradient(x, u), w>: each is linear in both its inputs.
    [Fact]
    public void Conv3DGradients_SampledCases_AreAdjointToTheConvolution()
    {
        for (var seed = 0ul; seed < 60; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var (g, shapeOfX, shapeOfW) = Conv3DGeometry.Sample(draw);
            var (x, w) = (draw.Uniform(shapeOfX), draw.Uniform(shapeOfW));
            var y = Run(new Conv3DOp(g), x, w)[0];
            var u = draw.Uniform(y.Shape);
            var dx = Run(new Conv3DInputGradientOp(g, (shapeOfX[1], shapeOfX[2], shapeOfX[3])), u, w)[0];
            var gradients = Run(new Conv3DWeightGradientOp(g, (shapeOfW[0], shapeOfW[1], shapeOfW[2]), WithBiasGradient: true), x, u);
            AreEqual(Dot(u, y), Dot(dx, x), Norm(u) * Norm(y));
            AreEqual(Dot(u, y), Dot(gradients[0], w), Norm(u) * Norm(y));
            AreEqual(u.Elements.Sum(), gradients[1].Elements.Sum(), Norm(u));
        }
    }

    [Fact]
    public void Conv3D_SamePadding_KeepsTheExtentOverTheStride()
    {
        var padding = Padding3D.Same((4, 5, 6), window: 3, stride: 2, dilation: 1);
        Assert.Equal(new Padding3D(0, 1, new(1, 1, 0, 1)), padding); // the odd frame and column behind, as in Keras
        Assert.Equal(new Shape(1, 2, 3, 3, 1), Run(new Conv3DOp(new(2, padding, 1, 1)), Counting(new(1, 4, 5, 6, 1)), Counting(new(3, 3, 3, 1, 1)))[0].Shape);
    }

    [Fact]
    public void Conv3D_WindowDeeperThanTheClip_SaysWhichSizesAndWhatToDo()
    {
        var text = Refusal(new Conv3DOp(new(1, Padding3D.Valid, (2, 1, 1), 1)), new(1, 4, 9, 9, 1), new(3, 3, 3, 1, 1));
        Assert.Contains("window 3x3x3 (dilation 2x1x1) is larger than the 4x9x9 input", text, StringComparison.Ordinal);
        Assert.Contains("its depth is 5", text, StringComparison.Ordinal);
        Assert.Contains("longer clips", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Conv3D_ChannelsGroupsAndPadding_AreCheckedByName()
    {
        Assert.Contains("read 4 channels, but x has 3", Refusal(new Conv3DOp(Conv3DGeometry.Unit), new(1, 5, 5, 5, 3), new(3, 3, 3, 4, 8)), StringComparison.Ordinal);
        Assert.Contains("4 input and 6 output channels cannot be split into 4 groups",
            Refusal(new Conv3DOp(Conv3DGeometry.Unit with { Groups = 4 }), new(1, 5, 5, 5, 4), new(3, 3, 3, 1, 6)), StringComparison.Ordinal);
        Assert.Contains("padding -1,0,0,0,0,0 is negative",
            Refusal(new Conv3DOp(Conv3DGeometry.Unit with { Padding = new(-1, 0, default) }), new(1, 5, 5, 5, 1), new(3, 3, 3, 1, 1)), StringComparison.Ordinal);
        Assert.Contains("must have rank 5", Refusal(new Conv3DOp(Conv3DGeometry.Unit), (5, 5, 5, 1), new(3, 3, 3, 1, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Conv3DGradients_CotangentOfAnotherShape_SayBoth()
    {
        Assert.Contains("dy is (1, 3, 3, 3, 2), but convolving a 6x6x6 input with these weights gives (1, 4, 4, 4, 2)",
            Refusal(new Conv3DInputGradientOp(Conv3DGeometry.Unit, 6), new(1, 3, 3, 3, 2), new(3, 3, 3, 1, 2)), StringComparison.Ordinal);
        Assert.Contains("dy is (1, 3, 3, 3, 2), but convolving x with a 3x3x3 window gives (1, 4, 4, 4, 2)",
            Refusal(new Conv3DWeightGradientOp(Conv3DGeometry.Unit, 3), new(1, 6, 6, 6, 1), new(1, 3, 3, 3, 2)), StringComparison.Ordinal);
    }

    // Pooling a window at once: what MaxPool3D's two steps must equal, values and winners, with ties, infinities and NaNs among few values.
    [Fact]
    public void MaxPool3D_TiesAndNaNs_AreThoseOfWholeWindows()
    {
        for (var seed = 0ul; seed < 60; seed++)
        {
            var draw = Draw.FromSeed(seed);
            Size3D window = (draw.Int(1, 3), draw.Int(1, 3), draw.Int(1, 3)), stride = (draw.Int(1, 3), draw.Int(1, 3), draw.Int(1, 3));
            Padding3D padding = new(draw.Int(0, window.D - 1), draw.Int(0, window.D - 1), new(draw.Int(0, window.H - 1), draw.Int(0, window.H - 1), draw.Int(0, window.W - 1), draw.Int(0, window.W - 1)));
            Shape shape = new(draw.Int(1, 2), 3 + draw.Int(0, 3), 3 + draw.Int(0, 3), 3 + draw.Int(0, 3), draw.Int(1, 3));
            var x = draw.Integers(shape, DType.F32, 0, 5);
            foreach (ref var v in x.Elements.AsSpan()) v = v switch { 4 => double.NegativeInfinity, 5 => double.NaN, _ => v };

            using var engine = new Engine(new ReferenceBackend());
            using var step = engine.Compile(1, a =>
            {
                var y = a[0].MaxPool3D(window, stride, padding);
                return [y, Grad.Of(y, [a[0]], a[0].Graph.Full(new(DType.F32, y.Shape), 1))[0]];
            });
            var results = step.Run(x.ToHost());
            var y = results[0].Type.Shape;
            var won = new double[x.Elements.Length];
            for (var o = 0; o < y.Count; o++)
            {
                var (c, q, p, f, n) = (o % y[4], o / y[4] % y[3], o / (y[4] * y[3]) % y[2], o / (y[4] * y[3] * y[2]) % y[1], o / (y[4] * y[3] * y[2] * y[1]));
                List<int> cells = [];
                for (var tap = 0; tap < window.Volume; tap++)
                {
                    var d = f * stride.D - padding.Front + tap / (window.H * window.W);
                    var (h, w) = (p * stride.H - padding.Frame.Top + tap / window.W % window.H, q * stride.W - padding.Frame.Left + tap % window.W);
                    if (d >= 0 && d < shape[1] && h >= 0 && h < shape[2] && w >= 0 && w < shape[3]) cells.Add((((n * shape[1] + d) * shape[2] + h) * shape[3] + w) * shape[4] + c);
                }
                var winner = Pool2DGeometry.Winner(x, [.. cells]);
                Assert.Equal(x[winner], results[0][o]);
                won[winner]++;
            }
            for (var i = 0; i < won.Length; i++) Assert.Equal(won[i], results[1][i]);
        }
    }

    [Fact]
    public void AvgPool3D_PaddedCells_AreNotCounted()
    {
        using var engine = new Engine(new ReferenceBackend());
        var y = engine.Compile(x => x.AvgPool3D(2, padding: new(1, 0, new(1, 0, 0, 0)))).Run(HostTensor.From([1f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], new Shape(1, 3, 2, 2, 1)))[0];
        Assert.Equal(new Shape(1, 2, 1, 1, 1), y.Type.Shape);
        Assert.Equal([(1 + 2) / 2.0, (5 + 6 + 9 + 10) / 4.0], [y[0], y[1]]);
    }

    [Fact]
    public void Pool3D_WindowDeeperThanTheClip_SaysBoth()
    {
        using var engine = new Engine(new ReferenceBackend());
        Assert.Contains("window 4x2x2 is deeper than the 3 frames", Assert.Throws<ShapeException>(() => engine.Compile(x => x.MaxPool3D((4, 2, 2))).Run(new HostTensor(new(DType.F32, new(1, 3, 4, 4, 1))))).Message, StringComparison.Ordinal);
        Assert.Contains("padding 2,0,0,0,0,0", Assert.Throws<ShapeException>(() => engine.Compile(x => x.AvgPool3D(2, padding: new(2, 0, default))).Run(new HostTensor(new(DType.F32, new(1, 3, 4, 4, 1))))).Message, StringComparison.Ordinal);
    }
}
