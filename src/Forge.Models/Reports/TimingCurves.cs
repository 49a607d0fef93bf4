using System.Globalization;
using Forge.Core;
using ScottPlot;

namespace Forge.Models.Reports;

/// <summary>A time that was taken once, to be drawn beside others of its kind.</summary>
/// <param name="Workload">What was timed: each workload gets a panel.</param>
/// <param name="Series">What must agree for times to be comparable, such as device and driver: each series gets a line.</param>
/// <param name="Date">When.</param>
/// <param name="Label">What the axis says under it, such as a commit.</param>
/// <param name="Ms">The median, in ms.</param>
/// <param name="MsMin">The shortest, in ms.</param>
/// <param name="MsMax">The longest, in ms.</param>
/// <param name="PeerMs">Times of other programs taken in the same run, in ms, by name.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record TimedRun(
    string Workload, string Series, DateTimeOffset Date, string Label, double Ms, double MsMin, double MsMax, IReadOnlyDictionary<string, double> PeerMs);

/// <summary>Draws how times went from run to run as a PNG: a panel a workload, a line a device, bars from the shortest to the longest, peers as crosses.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class TimingCurves
{
    private const int PanelWidth = 860, PanelHeight = 330, LegendLine = 20, MostLabels = 9;
    private static readonly string[] s_colours = ["#2171b5", "#d94801", "#238b45", "#6a51a3", "#b8860b", "#c51b8a"];
    private static readonly string[] s_greys = ["#333333", "#888888", "#aaaaaa", "#666666"];
    private static readonly MarkerShape[] s_shapes = [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond];

    /// <summary>Writes the picture, replacing an older one at once.</summary>
    /// <param name="runs">What was timed, in any order.</param>
    /// <param name="path">The PNG file.</param>
    /// <exception cref="DataException">The file cannot be written.</exception>
    public static void Save(IReadOnlyList<TimedRun> runs, string path) => ChartFile.Write(path, Draw(runs));

    /// <summary>The picture as PNG bytes.</summary>
    /// <exception cref="ForgeException">There is no run to draw.</exception>
    public static byte[] Draw(IReadOnlyList<TimedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0) throw new ForgeException("There is no measurement to draw.");
        var panels = runs.GroupBy(r => r.Workload).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        // A device and a peer look the same in every panel.
        var series = runs.Select(r => r.Series).Distinct().Order(StringComparer.Ordinal).ToList();
        var peers = runs.SelectMany(r => r.PeerMs.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var picture = new Multiplot();
        picture.AddPlots(panels.Count);
        picture.Layout = new ScottPlot.MultiplotLayouts.Rows();
        for (var i = 0; i < panels.Count; i++) DrawPanel(picture.GetPlot(i), panels[i].Key, [.. panels[i].OrderBy(r => r.Date)], series, peers);
        return picture.Render(PanelWidth, (PanelHeight + LegendLine * (series.Count + peers.Count)) * panels.Count).GetImageBytes(ImageFormat.Png);
    }

    // Comparisons stand side by side in order: a day of work and a month of rest would share a time axis badly.
    private static void DrawPanel(Plot plot, string workload, IReadOnlyList<TimedRun> runs, IReadOnlyList<string> series, IReadOnlyList<string> peers)
    {
        var columns = runs.Select(r => (r.Date, r.Label)).Distinct().ToList();
        var points = runs.Select(run => (Run: run, X: (double)columns.IndexOf((run.Date, run.Label)))).ToList();
        for (var i = 0; i < peers.Count; i++) DrawPeer(plot, peers[i], i, [.. points.Where(p => p.Run.PeerMs.GetValueOrDefault(peers[i]) > 0)]);
        for (var i = 0; i < series.Count; i++) DrawSeries(plot, series[i], i, [.. points.Where(p => p.Run.Series == series[i])]);
        Label(plot, workload, runs, columns);
    }

    private static void DrawSeries(Plot plot, string name, int number, IReadOnlyList<(TimedRun Run, double X)> points)
    {
        if (points.Count == 0) return;
        var colour = new Color(s_colours[number % s_colours.Length]);
        foreach (var (run, x) in points)
        {
            var bar = plot.Add.Line(x, Math.Log10(run.MsMin), x, Math.Log10(run.MsMax));
            bar.LineColor = colour.WithAlpha(0.3);
            bar.LineWidth = 7;
        }
        var line = plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => Math.Log10(p.Run.Ms)).ToArray(), colour);
        line.LegendText = "forge: " + name;
        line.LineWidth = 2;
        line.MarkerSize = 8;
        line.MarkerShape = s_shapes[number % s_shapes.Length];
    }

    private static void DrawPeer(Plot plot, string name, int number, IReadOnlyList<(TimedRun Run, double X)> points)
    {
        if (points.Count == 0) return;
        var marks = plot.Add.ScatterPoints(points.Select(p => p.X).ToArray(), points.Select(p => Math.Log10(p.Run.PeerMs[name])).ToArray(), new Color(s_greys[number % s_greys.Length]));
        marks.MarkerShape = number % 2 == 0 ? MarkerShape.Cross : MarkerShape.Eks;
        marks.MarkerSize = 11;
        marks.MarkerLineWidth = 2;
        marks.LegendText = name + ", in the same runs";
    }

    private static void Label(Plot plot, string workload, IReadOnlyList<TimedRun> runs, IReadOnlyList<(DateTimeOffset Date, string Label)> columns)
    {
        var every = (columns.Count + MostLabels - 1) / MostLabels;
        var shown = Enumerable.Range(0, columns.Count).Where(i => i % every == 0).ToList();
        plot.Axes.Bottom.SetTicks([.. shown.Select(i => (double)i)], [.. shown.Select(i => $"{columns[i].Date.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture)}\n{columns[i].Label}")]);
        plot.Axes.Bottom.MinimumSize = 48;
        plot.Axes.Left.MinimumSize = 84; // so that panels begin at the same place
        var all = runs.SelectMany(r => (IEnumerable<double>)[r.MsMin, r.MsMax, .. r.PeerMs.Values.Where(v => v > 0)]).ToList();
        var (low, high) = (Math.Log10(all.Min()), Math.Log10(all.Max()));
        var room = Math.Max(0.06, (high - low) * 0.1);
        plot.Axes.SetLimits(-0.6, columns.Count - 0.4, low - room, high + room);
        var ticks = Ticks(low - room, high + room).ToList();
        plot.Axes.Left.SetTicks([.. ticks.Select(Math.Log10)], [.. ticks.Select(t => t.ToString("0.####", CultureInfo.InvariantCulture))]);
        plot.YLabel("ms, lower is better");
        plot.Title(workload);
        ChartFont.Apply(plot, workload + string.Concat(runs.Select(r => r.Series)));
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.ShowLegend(Edge.Bottom);
    }

    // Round figures within the range: few where it spans decades, more where it is short.
    private static IEnumerable<double> Ticks(double low, double high)
    {
        var steps = high - low < 0.6 ? (double[])[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9] : high - low < 2 ? [1, 2, 5] : [1, 3];
        for (var decade = Math.Floor(low); decade <= high; decade++)
            foreach (var step in steps)
                if (Math.Log10(step) + decade is var at && at >= low && at <= high) yield return step * Math.Pow(10, decade);
    }
}
