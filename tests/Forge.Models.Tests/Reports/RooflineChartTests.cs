using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Reports;
using FsCheck.Xunit;
using SkiaSharp;

namespace Forge.Models.Tests.Reports;

[Collection("charts")] // the drawing library keeps fonts in a table that threads share
public sealed class RooflineChartTests
{
    private static readonly RooflineKernel s_convolution = new("Conv2D", "8x36x36x64 3x3x64x128", 60, 70, 12, 0.8), s_pool = new("MaxPool2D", "8x36x36x64", 0.2, 2, 3, 0.2);

    private static Roofline With(params RooflineKernel[] kernels) => new("a step", "a device", 100, [new("memory", 20), new("cache", 90)], kernels);

    private static PixelImage Decode(byte[] png) => new ImageDecoder().Decode(png, "roofline.png");

    // Pixels of an op's colour in the plot, left of the list that has it too.
    private static int Coloured(PixelImage image, string op)
    {
        var colour = RooflineKey.ColourOf(op);
        var count = 0;
        for (var y = 0; y < image.Height; y++)
            for (var x = 0; x < 1000; x++)
            {
                var at = 3 * (y * image.Width + x);
                // Dots let a little of what is below them through.
                if (Math.Abs(image.Pixels[at] - colour.Red) < 45 && Math.Abs(image.Pixels[at + 1] - colour.Green) < 45 && Math.Abs(image.Pixels[at + 2] - colour.Blue) < 45) count++;
            }
        return count;
    }

    [Fact]
    public void Draw_HasADotAKernel_AsLargeAsItsShare()
    {
        var image = Decode(RooflineChart.Draw(With(s_convolution, s_pool)));
        Assert.Equal((RooflineChart.Width, RooflineChart.Height), (image.Width, image.Height));
        var (large, small) = (Coloured(image, "Conv2D"), Coloured(image, "MaxPool2D"));
        Assert.InRange(large / (double)small, 3, 5); // shares of 0.8 and 0.2, but for edges and numbers
        Assert.InRange(Coloured(Decode(RooflineChart.Draw(With(s_convolution))), "MaxPool2D"), 0, 20);
    }

    [Fact]
    public void Draw_KernelsWithoutArithmetic_AreLeftOutOfThePlot()
    {
        var copy = new RooflineKernel("MaxPool2D", "64 bytes", 0, 0, 1, 0.5);
        Assert.InRange(Coloured(Decode(RooflineChart.Draw(With(s_convolution, copy))), "MaxPool2D"), 0, 20);
    }

    [Fact]
    public void Draw_NothingOrVeryMuch_IsStillAPicture()
    {
        Assert.Equal(RooflineChart.Width, Decode(RooflineChart.Draw(With())).Width);
        var many = Enumerable.Range(0, 200).Select(i => new RooflineKernel($"Op{i}", "8x8", 0.02 * (i + 1), 1 + i % 90, 0.1, 0.005)).ToArray();
        Assert.Equal(RooflineChart.Width, Decode(RooflineChart.Draw(With(many))).Width);
    }

    [Fact]
    public void Draw_WithoutCeilings_IsAnError()
    {
        Assert.Throws<ForgeException>(() => RooflineChart.Draw(With() with { Gflops = 0 }));
        Assert.Throws<ForgeException>(() => RooflineChart.Draw(With() with { Bandwidths = [] }));
    }

    [Property]
    public bool Labels_MeetNeitherDotsNorOneAnother(byte[] places)
    {
        ArgumentNullException.ThrowIfNull(places);
        var area = new SKRect(0, 0, 300, 300);
        var labels = new LabelPlaces(area);
        var dots = places.Chunk(2).Where(p => p.Length == 2).Take(20).Select(p => (At: new SKPoint(20 + p[0], 20 + p[1]), Radius: 4f + p[0] % 20)).ToArray();
        foreach (var (at, radius) in dots) labels.Block(at, radius);
        var found = dots.Select(d => labels.Find(d.At, d.Radius, 16, 14)).OfType<SKRect>().ToArray();
        return found.All(area.Contains)
            && found.All(box => dots.All(d => SKPoint.Distance(d.At, new(Math.Clamp(d.At.X, box.Left, box.Right), Math.Clamp(d.At.Y, box.Top, box.Bottom))) >= d.Radius))
            && !found.SelectMany((a, i) => found.Skip(i + 1).Select(b => a.IntersectsWith(b))).Any(meet => meet)
            && (dots.Length is 0 or > 6 || found.Length == dots.Length);
    }
}
