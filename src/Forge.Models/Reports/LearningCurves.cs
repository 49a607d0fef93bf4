using Forge.Core;
using ScottPlot;

namespace Forge.Models.Reports;

/// <summary>Draws metrics over epochs as a PNG: a panel a metric, training and validation (the <c>val_</c> name) in one.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class LearningCurves
{
    private const int PanelWidth = 520, PanelHeight = 380;

    /// <summary>Writes the picture, replacing an older one at once.</summary>
    /// <param name="history">A value for each epoch by metric name, such as loss, val_loss, accuracy, val_accuracy; NaN leaves a gap.</param>
    /// <param name="path">The PNG file.</param>
    /// <param name="firstEpoch">The number of the first epoch.</param>
    /// <exception cref="DataException">The file cannot be written.</exception>
    public static void Save(IReadOnlyDictionary<string, IReadOnlyList<double>> history, string path, int firstEpoch = 1) =>
        ChartFile.Write(path, Draw(history, firstEpoch));

    /// <summary>The picture as PNG bytes.</summary>
    /// <exception cref="ForgeException">There is no metric to draw.</exception>
    public static byte[] Draw(IReadOnlyDictionary<string, IReadOnlyList<double>> history, int firstEpoch = 1)
    {
        ArgumentNullException.ThrowIfNull(history);
        var metrics = history.Keys.Select(name => name.StartsWith("val_", StringComparison.Ordinal) ? name[4..] : name).Distinct().ToList();
        if (metrics.Count == 0) throw new ForgeException("There is no metric to draw.");
        var panels = new Multiplot();
        panels.AddPlots(metrics.Count);
        panels.Layout = new ScottPlot.MultiplotLayouts.Columns();
        for (var i = 0; i < metrics.Count; i++) DrawPanel(panels.GetPlot(i), metrics[i], history, firstEpoch);
        return panels.Render(PanelWidth * metrics.Count, PanelHeight).GetImageBytes(ImageFormat.Png);
    }

    private static void DrawPanel(Plot plot, string metric, IReadOnlyDictionary<string, IReadOnlyList<double>> history, int firstEpoch)
    {
        foreach (var (name, legend, colour, dashed) in ((string, string, string, bool)[])[(metric, "training", "#2171b5", false), ("val_" + metric, "validation", "#d94801", true)])
        {
            if (!history.TryGetValue(name, out var values)) continue;
            var line = plot.Add.Scatter(values.Select((_, i) => (double)(firstEpoch + i)).ToArray(), values.ToArray(), new Color(colour));
            line.LegendText = legend;
            line.LineWidth = 2;
            line.MarkerSize = values.Count > 50 ? 0 : 6;
            if (dashed) line.LinePattern = LinePattern.Dashed;
        }
        plot.Title(metric);
        plot.XLabel("epoch");
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            IntegerTicksOnly = true,
            MinorTickGenerator = new ScottPlot.TickGenerators.EvenlySpacedMinorTickGenerator(1), // there are no epochs between epochs
        };
        double[] drawn = [.. ((string[])[metric, "val_" + metric]).SelectMany(name => history.GetValueOrDefault(name) ?? []).Where(double.IsFinite)];
        if (drawn.Length > 0 && drawn.Min() == drawn.Max())
        {
            // One value has no range of its own, and the library's would run from far below zero.
            var around = Math.Max(0.05, 0.1 * Math.Abs(drawn[0]));
            plot.Axes.SetLimitsY(drawn[0] - around, drawn[0] + around);
        }
        ChartFont.Apply(plot, metric);
        plot.ShowLegend(metric.Contains("loss", StringComparison.Ordinal) ? Alignment.UpperRight : Alignment.LowerRight);
    }
}
