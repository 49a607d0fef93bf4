using Forge.Core;
using Forge.Models.Metrics;
using FsCheck.Xunit;

namespace Forge.Models.Tests.Metrics;

public sealed class MetricsTests
{
    internal static ConfusionMatrix Matrix(string[] names, params (int Actual, int Predicted)[] samples)
    {
        var matrix = new ConfusionMatrix(names);
        foreach (var (actual, predicted) in samples) matrix.Add(actual, predicted);
        return matrix;
    }

    // The example whose table scikit-learn 1.2 prints below.
    private static ConfusionMatrix Known => Matrix(["a", "bb", "ccc"], (0, 0), (0, 1), (1, 1), (1, 1), (2, 2), (2, 0), (2, 2));

    [Fact]
    public void Report_KnownExample_PrintsScikitLearnsTable() => Assert.Equal("""
                      precision    recall  f1-score   support

                   a     0.5000    0.5000    0.5000         2
                  bb     0.6667    1.0000    0.8000         2
                 ccc     1.0000    0.6667    0.8000         3

            accuracy                         0.7143         7
           macro avg     0.7222    0.7222    0.7000         7
        weighted avg     0.7619    0.7143    0.7143         7

        """.ReplaceLineEndings("\n"), ClassificationReport.From(Known).ToString());

    [Fact]
    public void Report_ClassWithoutSupportOrPrediction_CountsAsZeroWithAWarning()
    {
        var report = ClassificationReport.From(Matrix(["seen", "absent", "missed"], (0, 0), (2, 0)));
        Assert.Equal(new ClassScores("absent", 0, 0, 0, 0), report.Classes[1]);
        Assert.Equal(["'absent' has no samples: its recall counts as 0.", "'absent', 'missed' were never predicted: their precision counts as 0."], report.Warnings);
        Assert.Equal((0.5 + 0 + 0) / 3, report.Macro.Precision, 1e-12);
        Assert.Equal((1 + 0 + 0) / 3.0, report.Macro.Recall, 1e-12);
        Assert.Contains("Warning: 'absent' has no samples", report.ToString());
    }

    [Fact]
    public void Report_NoSamples_IsZeroNotNaN()
    {
        var report = ClassificationReport.From(new ConfusionMatrix(["a", "b"]));
        Assert.Equal((0, 0, 0), (report.Accuracy, report.Macro.F1, report.Weighted.F1));
        Assert.Contains("There are no samples at all: every score counts as 0.", report.Warnings);
    }

    [Property]
    public bool Report_AnySamples_ObeysItsIdentities(byte[] noise, byte size)
    {
        var classes = 1 + size % 6;
        var matrix = new ConfusionMatrix([.. Enumerable.Range(0, classes).Select(i => $"c{i}")]);
        for (var i = 0; i + 1 < noise.Length; i += 2) matrix.Add(noise[i] % classes, noise[i + 1] % classes);
        var report = ClassificationReport.From(matrix);
        var all = report.Classes.Concat([report.Macro, report.Micro, report.Weighted]).SelectMany(c => (double[])[c.Precision, c.Recall, c.F1]);
        return all.All(v => v is >= 0 and <= 1 + 1e-12)
            && Math.Abs(report.Weighted.Recall - report.Accuracy) < 1e-12 // weighted recall is the accuracy
            && report.Classes.Sum(c => c.Support) == matrix.Total && report.Micro.F1 == report.Accuracy;
    }

    [Fact]
    public void Add_Scores_TakesTheFirstOfTheLargest()
    {
        var matrix = new ConfusionMatrix(["a", "b", "c"]);
        matrix.Add([0.2f, 0.4f, 0.4f, 0.9f, 0.1f, 0f], [2, 0]);
        Assert.Equal((1, 1, 2), (matrix[2, 1], matrix[0, 0], matrix.Total));
        Assert.Throws<ForgeException>(() => matrix.Add([0.1f], [0]));
        Assert.Throws<ForgeException>(() => matrix.Add(0, 3));
        Assert.Contains("class 1 is NaN", Assert.Throws<ForgeException>(() => matrix.Add([0.1f, float.NaN, 0.2f], [0])).Message);
    }

    [Fact]
    public void ConfusionMatrix_AsText_LinesUpNamesOutsideAscii()
    {
        var text = Matrix(["e\u0301le\u0301phant", "ox"], (0, 0), (0, 1), (1, 1)).ToString().Split('\n');
        Assert.Equal("            0  1", text[1]);
        Assert.Equal("0 e\u0301le\u0301phant  1  1", text[2]);
        Assert.Equal("1 ox        0  1", text[3]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(9, 3)]
    public void CountHits_TopK_CountsLabelsWithFewerThanKLarger(int k, int expected) =>
        Assert.Equal(expected, TopK.CountHits([0.5f, 0.3f, 0.2f, 0.5f, 0.3f, 0.2f, 0.5f, 0.3f, 0.2f], [0, 1, 2], k));

    [Fact]
    public void CountHits_Ties_FavourTheLabel() => Assert.Equal(1, TopK.CountHits([0.5f, 0.5f], [1], 1));

    [Fact]
    public void Of_Scores_RanksThemWithTheLowerClassFirstAmongEquals()
    {
        Assert.Equal([(1, 0.4f), (2, 0.4f), (0, 0.2f)], TopK.Of([0.2f, 0.4f, 0.4f], 5));
        Assert.Equal([(1, 0.4f)], TopK.Of([0.2f, 0.4f, 0.4f], 1));
    }
}
