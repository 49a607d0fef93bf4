using System.Globalization;
using Forge.Models.Metrics;
using ScottPlot;

namespace Forge.Models.Reports;

/// <summary>Draws a confusion matrix as a PNG: each row's shares by colour, counts as numbers.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class ConfusionMatrixChart
{
    private const int LargestWithNumbers = 30;

    /// <summary>Writes the picture, replacing an older one at once.</summary>
    /// <param name="matrix">The counts.</param>
    /// <param name="path">The PNG file.</param>
    /// <param name="title">The line above; null says how many of how many were right.</param>
    /// <exception cref="Core.DataException">The file cannot be written.</exception>
    public static void Save(ConfusionMatrix matrix, string path, string? title = null) => ChartFile.Write(path, Draw(matrix, title));

    /// <summary>The picture as PNG bytes.</summary>
    public static byte[] Draw(ConfusionMatrix matrix, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return Draw(matrix, title, ChartFont.NameFor(string.Concat(matrix.ClassNames) + title));
    }

    internal static byte[] Draw(ConfusionMatrix matrix, string? title, string font)
    {
        var size = matrix.Size;
        var shares = new double[size, size];
        for (var a = 0; a < size; a++)
            for (var p = 0; p < size; p++)
                shares[a, p] = matrix.Actual(a) == 0 ? 0 : (double)matrix[a, p] / matrix.Actual(a);

        using var plot = new Plot();
        var map = plot.Add.Heatmap(shares);
        map.Colormap = new ScottPlot.Colormaps.CustomInterpolated([Colors.White, new("#c6dbef"), new("#6baed6"), new("#2171b5"), new("#08306b")]);
        map.ManualRange = new(0, 1);
        if (size <= LargestWithNumbers)
            for (var a = 0; a < size; a++)
                for (var p = 0; p < size; p++)
                    AddCount(plot, font, matrix[a, p], p, size - 1 - a, dark: shares[a, p] > 0.55); // the first row of a heat map is the top one

        var positions = Enumerable.Range(0, size).Select(i => (double)i).ToArray();
        // A name that the font cannot write would be boxes: its number in the text form of the matrix says more.
        string[] names = [.. matrix.ClassNames.Select((name, i) => ChartFont.CanWrite(font, name) ? name : string.Create(CultureInfo.InvariantCulture, $"({i})"))];
        plot.Axes.Bottom.SetTicks(positions, names);
        plot.Axes.Left.SetTicks(positions, [.. names.Reverse()]);
        plot.Axes.Bottom.TickLabelStyle.Rotation = -45;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        var longest = names.Max(ConfusionMatrix.DisplayLength);
        plot.Axes.Bottom.MinimumSize = 40 + 5.5f * longest;
        plot.Axes.Left.MinimumSize = 40 + 7.5f * longest;
        plot.Axes.Bottom.Label.Text = "predicted";
        plot.Axes.Left.Label.Text = "true";
        plot.Title(title ?? string.Create(CultureInfo.InvariantCulture, $"{matrix.Correct} of {matrix.Total} right{(matrix.Total == 0 ? "" : $" ({(double)matrix.Correct / matrix.Total:0.0%})")}"));
        plot.HideGrid();
        plot.Font.Set(font);
        plot.Axes.SetLimits(-0.5, size - 0.5, -0.5, size - 0.5);
        var side = Math.Clamp(size * 48, 320, 2000);
        return plot.GetImageBytes(side + 80 + (int)(7.5 * longest), side + 110 + (int)(5.5 * longest), ImageFormat.Png);
    }

    private static void AddCount(Plot plot, string font, long count, int x, int y, bool dark)
    {
        var text = plot.Add.Text(count.ToString(CultureInfo.InvariantCulture), x, y);
        text.LabelFontName = font;
        text.LabelAlignment = Alignment.MiddleCenter;
        text.LabelFontColor = dark ? Colors.White : count == 0 ? new Color("#b0b0b0") : Colors.Black;
        text.LabelFontSize = count > 9999 ? 10 : 12;
    }
}
