using System.Text.Json;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Datasets;
using FsCheck.Xunit;

namespace Forge.Models.Tests.Datasets;

public sealed class AffineTests
{
    [Fact]
    public void OnHost_GoldenVectors_AgreesWithKerasOverScipy()
    {
        var cases = Fixtures.Load("affine.json").Numbers(c => c);
        Assert.True(cases.Length >= 40);
        for (var number = 0; number < cases.Length; number++)
        {
            var c = cases[number];
            var (height, width, channels) = (c.GetProperty("height").GetInt32(), c.GetProperty("width").GetInt32(), c.GetProperty("channels").GetInt32());
            var draw = new AffineDraw(Value(c, "rotation"), Value(c, "tx"), Value(c, "ty"), Value(c, "shear"), Value(c, "zx"), Value(c, "zy"),
                c.GetProperty("horizontal").GetBoolean(), c.GetProperty("vertical").GetBoolean());
            var result = new float[height * width * channels];
            AffineWarp.OnHost(c.GetProperty("image").Numbers(e => e.GetByte()), result, height, width, channels, draw.ToMatrix(height, width),
                Enum.Parse<FillMode>(c.GetProperty("fill").GetString()!, ignoreCase: true), (float)Value(c, "value"), (int)Value(c, "order"));
            var expected = c.GetProperty("expected").Numbers(e => e.GetSingle());
            for (var i = 0; i < result.Length; i++)
                Assert.True(Math.Abs(expected[i] - result[i]) < 0.002, $"case {number} ({c.GetProperty("fill")}), element {i}: expected {expected[i]}, got {result[i]}");
        }

        static double Value(JsonElement c, string name) => c.GetProperty(name).GetDouble();
    }

    [Theory, InlineData(AffineConvention.Keras), InlineData(AffineConvention.AsNamed)]
    public void ToMatrix_SquareWithShearAndZoom_IsTheStatedPullMapping(AffineConvention convention)
    {
        const int n = 150;
        const double c = (n - 1) / 2.0, s = 0.3, zx = 0.9, zy = 1.1;
        var m = new AffineDraw(0, 0, 0, s, zx, zy, false, false).ToMatrix(n, n, convention);
        foreach (var (r, q) in ((int, int)[])[(0, 0), (149, 0), (20, 133)])
        {
            Assert.Equal(Math.Cos(s) * zy * (r - c) + c, m.RowRow * r + m.RowColumn * q + m.RowOffset, 1e-9);
            Assert.Equal(zx * (q - c) - Math.Sin(s) * zy * (r - c) + c, m.ColumnRow * r + m.ColumnColumn * q + m.ColumnOffset, 1e-9);
        }
    }

    [Fact]
    public void ToMatrix_HeightShift_MovesColumnsInKerasAndRowsAsNamed()
    {
        var draw = new AffineDraw(0, HeightShift: 3, 0, 0, 1, 1, false, false);
        Assert.Equal((0.0, 3.0), Offsets(draw.ToMatrix(10, 10)));
        Assert.Equal((3.0, 0.0), Offsets(draw.ToMatrix(10, 10, AffineConvention.AsNamed)));

        static (double, double) Offsets(AffineMatrix m) => (Math.Round(m.RowOffset, 9), Math.Round(m.ColumnOffset, 9));
    }

    [Fact]
    public void ToMatrix_AsNamed_KeepsTheCentreOfAnOblongImage()
    {
        var m = new AffineDraw(0.7, 0, 0, 0.2, 0.8, 1.3, false, false).ToMatrix(10, 31, AffineConvention.AsNamed);
        Assert.Equal(4.5, m.RowRow * 4.5 + m.RowColumn * 15 + m.RowOffset, 1e-9);
        Assert.Equal(15, m.ColumnRow * 4.5 + m.ColumnColumn * 15 + m.ColumnOffset, 1e-9);
    }

    [Theory, InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void OnHost_FlipsAlone_MoveEveryByteExactly(bool horizontal, bool vertical)
    {
        var (source, target) = (Enumerable.Range(0, 5 * 7 * 3).Select(i => (byte)i).ToArray(), new float[5 * 7 * 3]);
        AffineWarp.OnHost(source, target, 5, 7, 3, new AffineDraw(0, 0, 0, 0, 1, 1, horizontal, vertical).ToMatrix(5, 7, AffineConvention.AsNamed), scale: 0.5f);
        for (var r = 0; r < 5; r++)
            for (var q = 0; q < 7; q++)
                for (var c = 0; c < 3; c++)
                    Assert.Equal(0.5f * source[((vertical ? 4 - r : r) * 7 + (horizontal ? 6 - q : q)) * 3 + c], target[(r * 7 + q) * 3 + c]);
    }

    [Property(MaxTest = 300)]
    public bool OnHost_AnyMatrixAndFill_StaysWithinTheImagesRange(double a, double b, double c, double d, double e, double f, byte size)
    {
        var (height, width) = (1 + size % 5, 1 + size / 5 % 5);
        var source = new byte[height * width];
        for (var i = 0; i < source.Length; i++) source[i] = (byte)(50 + i);
        foreach (var fill in Enum.GetValues<FillMode>())
            foreach (var order in (int[])[0, 1])
            {
                var target = new float[source.Length];
                AffineWarp.OnHost(source, target, height, width, 1, new(a, b, c, d, e, f), fill, 60, order);
                if (!target.All(v => v is >= 49.9999f and <= 74.0001f)) return false; // the fill value lies inside too
            }
        return true;
    }

    [Fact]
    public void OnHost_SpanTooShortOrOrderUnknown_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => AffineWarp.OnHost(new byte[5], new float[6], 2, 3, 1, AffineMatrix.Identity));
        Assert.Throws<ArgumentException>(() => AffineWarp.OnHost(new byte[6], new float[6], 2, 3, 1, AffineMatrix.Identity, order: 3));
    }

    private static readonly ImageDataGenerator Article = new() { ShearRange = 0.2, ZoomRange = 0.2, HorizontalFlip = true, Rescale = 1 / 255f };

    [Fact]
    public void Draw_ManyImages_FillTheirRangesEvenly()
    {
        var draws = Enumerable.Range(0, 20_000).Select(i => AffineDraw.For(Article, 1, 0, i, 150, 150)).ToList();
        var shear = 0.2 * Math.PI / 180;
        Assert.All(draws, d => Assert.True(Math.Abs(d.Shear) <= shear && d.ZoomX is >= 0.8 and <= 1.2 && d.ZoomY is >= 0.8 and <= 1.2 && !d.FlipVertical && d.Rotation == 0));
        Assert.Equal(0, draws.Average(d => d.Shear) / shear, 0.02);
        Assert.Equal(1, draws.Average(d => d.ZoomX), 0.003);
        Assert.Equal(0.5, draws.Average(d => d.FlipHorizontal ? 1.0 : 0), 0.015);
        Assert.Equal(0, Correlation(draws.Select(d => d.ZoomX).ToArray(), draws.Select(d => d.ZoomY).ToArray()), 0.03);
    }

    private static double Correlation(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        var product = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum();
        return product / Math.Sqrt(x.Sum(a => (a - meanX) * (a - meanX)) * y.Sum(b => (b - meanY) * (b - meanY)));
    }

    [Fact]
    public void Draw_ShearInRadians_IsTakenAsIs()
    {
        var (degrees, radians) = (AffineDraw.For(Article, 4, 2, 9, 10, 10), AffineDraw.For(Article with { ShearUnit = ShearUnit.Radians }, 4, 2, 9, 10, 10));
        Assert.Equal(radians.Shear * Math.PI / 180, degrees.Shear, 1e-12);
        Assert.NotEqual(0, degrees.Shear);
    }

    [Fact]
    public void Draw_ShiftsBelowOne_AreFractionsAndOthersPixels()
    {
        var fraction = Article with { HeightShiftRange = 0.5, WidthShiftRange = 0.5 };
        var draw = AffineDraw.For(fraction, 4, 2, 9, 100, 200);
        var pixels = AffineDraw.For(fraction with { HeightShiftRange = 50, WidthShiftRange = 100 }, 4, 2, 9, 100, 200);
        Assert.Equal(draw.HeightShift, pixels.HeightShift, 1e-9);
        Assert.Equal(draw.WidthShift, pixels.WidthShift, 1e-9);
        Assert.InRange(Math.Abs(draw.HeightShift), 1e-6, 50);
    }

    [Fact]
    public void Draw_SeedPassOrImageChanged_IsAnotherDraw()
    {
        var first = AffineDraw.For(Article, 1, 2, 3, 10, 10);
        Assert.Equal(first, AffineDraw.For(Article, 1, 2, 3, 10, 10));
        Assert.NotEqual(first, AffineDraw.For(Article, 2, 2, 3, 10, 10));
        Assert.NotEqual(first, AffineDraw.For(Article, 1, 3, 3, 10, 10));
        Assert.NotEqual(first, AffineDraw.For(Article, 1, 2, 4, 10, 10));
    }

    [Fact]
    public void Generator_SettingOutOfRange_IsNamed()
    {
        var images = new LabelledImages(new byte[2], 2, 1, 1, 1, [0, 1], ["a", "b"]);
        foreach (var (generator, name) in ((ImageDataGenerator, string)[])[(new() { ZoomRange = 1.0 }, "ZoomRange"), (new() { ShearRange = -1 }, "ShearRange"),
            (new() { ValidationSplit = 1 }, "ValidationSplit"), (new() { InterpolationOrder = 3 }, "InterpolationOrder"), (new() { Rescale = float.NaN }, "Rescale")])
            Assert.Contains(name, Assert.Throws<ForgeException>(() => generator.Flow(images)).Message);
    }
}
