using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>Draws a roofline's lines, dots and words, in pixels.</summary>
/// <param name="canvas">Where.</param>
/// <param name="typeface">The font.</param>
internal sealed class RooflineInk(SKCanvas canvas, SKTypeface typeface)
{
    /// <summary>Writes words whose line starts at a point.</summary>
    public void Text(string words, float x, float y, float size, SKColor colour, bool bold = false)
    {
        using var font = Font(size, bold);
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawText(words, x, y, SKTextAlign.Left, font, paint);
    }

    /// <summary>Writes words that end at a point.</summary>
    public void TextBefore(string words, float x, float y, float size, SKColor colour) => Text(words, x - Measure(words, size), y, size, colour);

    /// <summary>Writes words with their middle at a point.</summary>
    public void Centred(string words, SKPoint at, float size, SKColor colour, bool bold = false)
    {
        using var font = Font(size, bold);
        Text(words, at.X - font.MeasureText(words) / 2, at.Y + font.Metrics.CapHeight / 2, size, colour, bold);
    }

    /// <summary>The width of words.</summary>
    public float Measure(string words, float size)
    {
        using var font = Font(size, bold: false);
        return font.MeasureText(words);
    }

    /// <summary>The words, cut to a width.</summary>
    public string Fit(string words, float size, float width)
    {
        if (Measure(words, size) <= width) return words;
        var length = words.Length;
        while (length > 1 && Measure(words[..length] + "...", size) > width) length--;
        return words[..length].TrimEnd() + "...";
    }

    /// <summary>The box that centred words take.</summary>
    public SKRect Bounds(string words, SKPoint at, float size)
    {
        var (width, height) = (Measure(words, size), size);
        return new(at.X - width / 2, at.Y - height / 2, at.X + width / 2, at.Y + height / 2);
    }

    /// <summary>Writes words with their middle at a point, from below upwards.</summary>
    public void CentredUpwards(string words, SKPoint at, float size, SKColor colour)
    {
        canvas.Save();
        canvas.Translate(at.X, at.Y);
        canvas.RotateDegrees(-90);
        Centred(words, SKPoint.Empty, size, colour);
        canvas.Restore();
    }

    /// <summary>Writes words along a line, above it.</summary>
    /// <param name="words">The words.</param>
    /// <param name="from">The line's left end.</param>
    /// <param name="to">Its right end.</param>
    /// <param name="size">Of the font.</param>
    /// <param name="colour">Of the words.</param>
    /// <param name="where">From 0 at the line's start to 1 at its end.</param>
    /// <param name="gap">Pixels between line and words.</param>
    public void TextAlong(string words, SKPoint from, SKPoint to, float size, SKColor colour, float where, float gap)
    {
        canvas.Save();
        canvas.Translate(from.X, from.Y);
        canvas.RotateRadians(MathF.Atan2(to.Y - from.Y, to.X - from.X));
        Text(words, StartAlong(words, from, to, size, where), -gap, size, colour);
        canvas.Restore();
    }

    /// <summary>Boxes that cover what <see cref="TextAlong"/> would write.</summary>
    /// <remarks>Small squares along the words: one box of slanted words would take a corner of the picture.</remarks>
    public IReadOnlyList<SKRect> Along(string words, SKPoint from, SKPoint to, float size, float where, float gap)
    {
        var (start, width, length) = (StartAlong(words, from, to, size, where), Measure(words, size), SKPoint.Distance(from, to));
        var (dx, dy, middle, half) = ((to.X - from.X) / length, (to.Y - from.Y) / length, gap + size / 3, size * 0.6f);
        return [.. Enumerable.Range(0, (int)(width / size) + 1).Select(i =>
        {
            var along = start + Math.Min((i + 0.5f) * size, width);
            var (x, y) = (from.X + dx * along + dy * middle, from.Y + dy * along - dx * middle);
            return new SKRect(x - half, y - half, x + half, y + half);
        })];
    }

    private float StartAlong(string words, SKPoint from, SKPoint to, float size, float where) =>
        Math.Max(size, size + where * (SKPoint.Distance(from, to) - Measure(words, size) - 2 * size));

    /// <summary>Draws a straight line.</summary>
    public void Line(SKPoint from, SKPoint to, SKColor colour, float width, bool dashed = false)
    {
        using var dash = dashed ? SKPathEffect.CreateDash([9, 6], 0) : null;
        using var paint = new SKPaint { Color = colour, StrokeWidth = width, IsAntialias = true, PathEffect = dash, StrokeCap = SKStrokeCap.Round };
        canvas.DrawLine(from, to, paint);
    }

    /// <summary>Fills the region within corners.</summary>
    public void Region(SKPoint[] corners, SKColor colour)
    {
        using var builder = new SKPathBuilder();
        builder.AddPoly(corners, close: true);
        using var path = builder.Detach();
        using var paint = new SKPaint { Color = colour, IsAntialias = true };
        canvas.DrawPath(path, paint);
    }

    /// <summary>Draws a dot with a light edge, through which those below show a little.</summary>
    public void Dot(SKPoint at, float radius, SKColor colour)
    {
        using var fill = new SKPaint { Color = colour.WithAlpha(0xd8), IsAntialias = true };
        using var edge = new SKPaint { Color = SKColors.White, IsStroke = true, StrokeWidth = 1.5f, IsAntialias = true };
        canvas.DrawCircle(at, radius, fill);
        canvas.DrawCircle(at, radius, edge);
    }

    /// <summary>Joins a dot to its label where they are apart.</summary>
    public void Leader(SKPoint dot, float radius, SKPoint label, SKColor colour)
    {
        var length = SKPoint.Distance(dot, label);
        if (length < radius + 16) return;
        var (dx, dy) = ((label.X - dot.X) / length, (label.Y - dot.Y) / length);
        Line(new(dot.X + dx * radius, dot.Y + dy * radius), new(label.X - dx * 9, label.Y - dy * 9), colour, 1);
    }

    /// <summary>Draws within a rectangle until the result is disposed.</summary>
    public IDisposable Clip(SKRect area)
    {
        var restore = new SKAutoCanvasRestore(canvas);
        canvas.ClipRect(area);
        return restore;
    }

    private SKFont Font(float size, bool bold) => new(typeface, size) { Embolden = bold, Edging = SKFontEdging.Antialias, Subpixel = true };
}
