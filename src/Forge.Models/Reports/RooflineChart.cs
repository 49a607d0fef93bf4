using System.Globalization;
using ScottPlot;
using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>Draws a roofline as a PNG: log-log axes, the measured ceilings as lines, each kernel a dot as large as its share of the time.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class RooflineChart
{
    /// <summary>Width of the picture, in pixels.</summary>
    public const int Width = 1500;

    /// <summary>Height of the picture, in pixels.</summary>
    public const int Height = 900;

    private const int PlotWidth = 1010, Top = 96, Bottom = 70, Left = 92, Right = 24;
    private const float SmallestRadius = 6, RadiusOfAll = 60, CeilingSize = 15, CeilingGap = 7;
    private static readonly SKColor s_ink = new(0x22, 0x2b, 0x36), s_faint = new(0x6b, 0x76, 0x84);

    /// <summary>Writes the picture, replacing an older one at once.</summary>
    /// <param name="roofline">What to show.</param>
    /// <param name="path">The PNG file.</param>
    /// <exception cref="Core.DataException">The file cannot be written.</exception>
    public static void Save(Roofline roofline, string path) => ChartFile.Write(path, Draw(roofline));

    /// <summary>The picture as PNG bytes, <see cref="Width"/> by <see cref="Height"/>.</summary>
    /// <exception cref="Core.ForgeException">There is no ceiling to draw.</exception>
    public static byte[] Draw(Roofline roofline)
    {
        ArgumentNullException.ThrowIfNull(roofline);
        if (!(roofline.Gflops > 0) || roofline.Bandwidths.Count == 0 || !roofline.Bandwidths.All(b => b.Gbs > 0))
            throw new Core.ForgeException("A roofline needs a measured rate of arithmetic and one of memory.");
        var fontName = ChartFont.NameFor(roofline.Title + roofline.Subtitle);
        using var typeface = Fonts.GetTypeface(fontName, false, false);
        using var plot = Axes(roofline, fontName);
        using var surface = SKSurface.Create(new SKImageInfo(Width, Height));
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        plot.Render(canvas, new PixelRect(0, PlotWidth, Height, 0));

        var ink = new RooflineInk(canvas, typeface);
        ink.Text(roofline.Title, Left, 42, 25, s_ink, bold: true);
        ink.Text(roofline.Subtitle, Left, 70, 15, s_faint);
        var labels = new LabelPlaces(new SKRect(Left, Top, PlotWidth - Right, Height - Bottom));
        var dots = Dots(roofline, plot);
        foreach (var dot in dots) labels.Block(dot.At, dot.Radius);
        DrawCeilings(roofline, plot, ink, labels);
        DrawKernels(dots, ink, labels);
        ink.Centred("arithmetic intensity: operations per byte that must move", new((Left + PlotWidth - Right) / 2f, Height - 22), 16, s_ink);
        ink.CentredUpwards("GFLOP/s", new(22, (Top + Height - Bottom) / 2f), 16, s_ink);
        RooflineKey.Draw(roofline, ink, new SKRect(PlotWidth + 6, Top, Width - 24, Height - 24));

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static Plot Axes(Roofline roofline, string fontName)
    {
        var drawn = roofline.Kernels.Where(k => k.IsDrawn(roofline.Gflops)).ToArray();
        var ridges = roofline.Bandwidths.Select(b => roofline.Gflops / b.Gbs).ToArray();
        var (low, high) = (drawn.Select(k => k.Intensity).Append(ridges.Min() / 4).Min(), drawn.Select(k => k.Intensity).Append(ridges.Max() * 5).Max());
        var (slow, fast) = (drawn.Select(k => k.Gflops).Append(roofline.Gflops / 100).Min(), drawn.Select(k => k.Gflops).Append(roofline.Gflops).Max());
        var plot = new Plot();
        plot.Layout.Fixed(new PixelPadding(Left, Right, Bottom, Top));
        plot.Axes.SetLimits(Math.Log10(low) - 0.3, Math.Log10(high) + 0.4, Math.Log10(slow) - 0.3, Math.Log10(fast) + 0.4);
        foreach (var axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
            axis.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
            {
                MinorTickGenerator = new ScottPlot.TickGenerators.LogMinorTickGenerator(),
                IntegerTicksOnly = true,
                LabelFormatter = exponent => Plain(Math.Pow(10, exponent)),
            };
        plot.Grid.MajorLineColor = new Color("#d8dde3");
        plot.Grid.MinorLineColor = new Color("#f0f2f5");
        plot.Grid.MinorLineWidth = 1;
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Font.Set(fontName);
        plot.Axes.Bottom.TickLabelStyle.FontSize = plot.Axes.Left.TickLabelStyle.FontSize = 14;
        return plot;
    }

    private static void DrawCeilings(Roofline roofline, Plot plot, RooflineInk ink, LabelPlaces labels)
    {
        var limits = plot.Axes.GetLimits();
        var (left, right) = (Math.Pow(10, limits.Left), Math.Pow(10, limits.Right));
        using var clip = ink.Clip(labels.Area);
        for (var i = roofline.Bandwidths.Count - 1; i >= 0; i--)
        {
            var bandwidth = roofline.Bandwidths[i];
            var ridge = roofline.Gflops / bandwidth.Gbs;
            // The slope starts where it enters the picture: at the left, or at the bottom.
            var start = Math.Max(left, Math.Pow(10, limits.Bottom) / bandwidth.Gbs);
            var (from, to) = (Place(plot, start, start * bandwidth.Gbs), Place(plot, ridge, roofline.Gflops));
            if (i == 0) ink.Region([from, to, Place(plot, right, roofline.Gflops), new(labels.Area.Right, labels.Area.Bottom), new(from.X, labels.Area.Bottom)], new(0x21, 0x71, 0xb5, 0x12));
            Ceiling(ink, labels, from, to, $"{bandwidth.Name} {Plain(bandwidth.Gbs)} GB/s", dashed: i > 0, below: i == 0 && roofline.Bandwidths.Count > 1);
        }
        Ceiling(ink, labels, Place(plot, roofline.Gflops / roofline.Bandwidths[^1].Gbs, roofline.Gflops), Place(plot, right, roofline.Gflops), $"arithmetic {Plain(roofline.Gflops)} GFLOP/s", dashed: false);
    }

    private static void Ceiling(RooflineInk ink, LabelPlaces labels, SKPoint from, SKPoint to, string words, bool dashed, bool below = false)
    {
        ink.Line(from, to, s_ink, dashed ? 1.8f : 2.5f, dashed);
        var gap = below ? -1.1f * CeilingSize : CeilingGap;
        // Along the line where it meets no dot; at its start where there is no such place.
        var places = Enumerable.Range(0, 20).Select(step => ink.Along(words, from, to, CeilingSize, step / 19f, gap)).ToArray();
        var place = Array.FindIndex(places, labels.AreFree) is >= 0 and var found ? found : 0;
        ink.TextAlong(words, from, to, CeilingSize, s_ink, place / 19f, gap);
        labels.Block(places[place]);
        labels.Block(from, to);
    }

    private static void DrawKernels(IReadOnlyList<Dot> dots, RooflineInk ink, LabelPlaces labels)
    {
        foreach (var dot in dots) ink.Dot(dot.At, dot.Radius, RooflineKey.ColourOf(dot.Kernel.Op));
        foreach (var dot in dots)
        {
            var number = dot.Number.ToString(CultureInfo.InvariantCulture);
            var inside = ink.Bounds(number, dot.At, 14);
            if (dot.Radius >= 12 && labels.IsFreeOfOtherDots(inside, dot.At))
            {
                ink.Centred(number, dot.At, 14, SKColors.White, bold: true);
                labels.Block([inside]);
                continue;
            }
            if (labels.Find(dot.At, dot.Radius, ink.Measure(number, 13) + 4, 15) is not { } place) continue; // the key tells it all the same
            var middle = new SKPoint(place.MidX, place.MidY);
            ink.Leader(dot.At, dot.Radius, middle, s_faint);
            ink.Centred(number, middle, 13, s_ink, bold: true);
        }
    }

    private static Dot[] Dots(Roofline roofline, Plot plot) =>
        [.. roofline.Kernels.Select((kernel, i) => (Kernel: kernel, Number: i + 1)).Where(k => k.Kernel.IsDrawn(roofline.Gflops))
            .Select(k => new Dot(k.Kernel, k.Number, Place(plot, k.Kernel.Intensity, k.Kernel.Gflops), Radius(k.Kernel.Share)))];

    private sealed record Dot(RooflineKernel Kernel, int Number, SKPoint At, float Radius);

    private static float Radius(double share) => Math.Max(SmallestRadius, RadiusOfAll * (float)Math.Sqrt(Math.Clamp(share, 0, 1)));

    private static SKPoint Place(Plot plot, double intensity, double gflops)
    {
        var pixel = plot.GetPixel(new Coordinates(Math.Log10(intensity), Math.Log10(gflops)));
        return new(pixel.X, pixel.Y);
    }

    /// <summary>A figure of three digits or so, never in powers of ten.</summary>
    internal static string Plain(double value) =>
        value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.#" : value >= 1 ? "0.##" : "0.######", CultureInfo.InvariantCulture);
}
