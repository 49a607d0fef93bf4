using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Metrics;
using Forge.Models.Reports;

namespace Forge.Models.Tests.Reports;

[Collection("charts")] // the drawing library keeps fonts in a table that threads share
public sealed class ChartTests
{
    private static PixelImage Decode(byte[] png) => new ImageDecoder().Decode(png, "chart.png");

    private static double Share(PixelImage image, Func<byte, byte, byte, bool> colour) =>
        Enumerable.Range(0, image.Pixels.Length / 3).Count(i => colour(image.Pixels[3 * i], image.Pixels[3 * i + 1], image.Pixels[3 * i + 2])) * 3.0 / image.Pixels.Length;

    private static ConfusionMatrix Matrix(double right)
    {
        var matrix = new ConfusionMatrix(FashionMnist.ClassNames);
        for (var label = 0; label < 10; label++)
            for (var i = 0; i < 100; i++)
                matrix.Add(label, i < right * 100 ? label : (label + 1 + i % 4) % 10);
        return matrix;
    }

    [Fact]
    public void ConfusionMatrix_Drawn_IsDarkWherePredictionsAre()
    {
        using var folder = new TemporaryFolder();
        ConfusionMatrixChart.Save(Matrix(1), folder["out", "perfect.png"]);
        var perfect = new ImageDecoder().Decode(folder["out", "perfect.png"]);
        // Full cells are #08306b; ten of the hundred cells of a picture mostly of cells.
        Assert.InRange(Share(perfect, (r, g, b) => r < 30 && g is > 30 and < 70 && b is > 90 and < 120), 0.02, 0.1);
        Assert.Equal(0, Share(Decode(ConfusionMatrixChart.Draw(Matrix(0.4))), (r, g, b) => r < 30 && g is > 30 and < 70 && b is > 90 and < 120), 0.005);
    }

    [Fact]
    public void ConfusionMatrix_OneClassOrMany_StaysWithinSensibleSizes()
    {
        var one = Decode(ConfusionMatrixChart.Draw(new ConfusionMatrix(["only"])));
        var many = Decode(ConfusionMatrixChart.Draw(new ConfusionMatrix([.. Enumerable.Range(0, 120).Select(i => $"class {i}")])));
        Assert.InRange(one.Width, 300, 600);
        Assert.InRange(many.Width, 1500, 2400);
    }

    [Fact]
    public void ConfusionMatrix_NameWithoutLettersInTheFont_IsItsNumber()
    {
        var font = ChartFont.NameFor("", installed: false);
        byte[] Drawn(params string[] names) => ConfusionMatrixChart.Draw(new ConfusionMatrix(names), null, font);
        _ = Drawn("a"); // after a picture in another font, the drawing library writes counts in that font once more
        Assert.Equal(Drawn("cat", "(1)"), Drawn("cat", "\u65e5\u672c"));
        Assert.NotEqual(Drawn("cat", "(1)"), Drawn("cat", "dog"));
    }

    [Fact]
    public void LearningCurves_Drawn_HaveAPanelAMetricAndALineEach()
    {
        var history = new Dictionary<string, IReadOnlyList<double>>
        {
            ["loss"] = [1.0, 0.6, 0.45, 0.4],
            ["accuracy"] = [0.6, 0.75, 0.82, 0.85],
            ["val_loss"] = [0.9, 0.65, double.NaN, 0.5],
            ["val_accuracy"] = [0.65, 0.74, 0.8, 0.81],
        };
        var both = Decode(LearningCurves.Draw(history));
        Assert.True(Share(both, (r, g, b) => r < 90 && b > 150 && g < 160) > 0.001, "no blue training line");
        Assert.True(Share(both, (r, g, b) => r > 180 && b < 90 && g < 140) > 0.001, "no orange validation line");
        history.Remove("accuracy");
        history.Remove("val_accuracy");
        Assert.Equal(both.Width, 2 * Decode(LearningCurves.Draw(history)).Width);
        Assert.Throws<ForgeException>(() => LearningCurves.Draw(new Dictionary<string, IReadOnlyList<double>>()));
    }

    [Fact]
    public void Save_WhereNoFileCanBe_IsADataException()
    {
        using var folder = new TemporaryFolder();
        folder.Write([1], "blocked");
        Assert.Contains("could not be written", Assert.Throws<DataException>(() => ConfusionMatrixChart.Save(Matrix(1), folder["blocked", "x.png"])).Message);
    }

    [Fact]
    public void TimingCurves_Drawn_HaveAPanelAWorkloadAndALineADevice()
    {
        var day = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
        List<TimedRun> runs = [.. Enumerable.Range(0, 30).Select(i => new TimedRun("cnn28", "llvmpipe", day.AddHours(i), $"commit{i}", 60 - i, 55 - i, 70 - i, new Dictionary<string, double> { ["torch"] = 80 }))];
        var one = Decode(TimingCurves.Draw(runs));
        Assert.True(Share(one, (r, g, b) => r < 60 && b > 150 && g is > 90 and < 140) > 0.001, "no blue line");
        Assert.Equal(0, Share(one, (r, g, b) => r > 200 && b < 30 && g < 100), 0.0001);
        runs.Add(new("cnn150", "swiftshader", day, "commit0", 3000, 3000, 3000, new Dictionary<string, double>()));
        var two = Decode(TimingCurves.Draw(runs));
        Assert.True(Share(two, (r, g, b) => r > 200 && b < 30 && g < 100) > 0.00005, "no orange mark");
        Assert.True(two.Height > 1.9 * one.Height, $"{two.Height} of {one.Height}");
        Assert.Throws<ForgeException>(() => TimingCurves.Draw([]));
    }
}
