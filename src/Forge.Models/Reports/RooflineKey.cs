using System.Globalization;
using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>The list beside a roofline: each kernel's number, name, shapes, time and share.</summary>
internal static class RooflineKey
{
    private const float LargestRow = 40, SmallestRow = 28;
    private static readonly SKColor s_ink = new(0x22, 0x2b, 0x36), s_faint = new(0x6b, 0x76, 0x84);

    // The first word that an op's name contains decides; the order matters.
    private static readonly (string Word, SKColor Colour)[] s_colours =
    [
        ("Conv", new(0x1f, 0x6f, 0xb2)), ("MatMul", new(0xd9, 0x5f, 0x0e)), ("Pool", new(0x2c, 0x8c, 0x5a)), ("Update", new(0xc2, 0x3b, 0x4e)),
        ("Elementwise", new(0x7b, 0x56, 0xa8)), ("Sum", new(0x8a, 0x6d, 0x3b)), ("Softmax", new(0xb0, 0x3a, 0x8c)),
    ];

    /// <summary>The colour of an op's kind.</summary>
    public static SKColor ColourOf(string op)
    {
        foreach (var (word, colour) in s_colours)
            if (op.Contains(word, StringComparison.Ordinal))
                return colour;
        return new(0x5b, 0x67, 0x74);
    }

    /// <summary>Draws the list into a rectangle; what does not fit is summed up in its last line.</summary>
    public static void Draw(Roofline roofline, RooflineInk ink, SKRect area)
    {
        var (kernels, x) = (roofline.Kernels, area.Left);
        ink.Text("kernel; a dot's area is its share", x + 34, area.Top - 8, 13, s_faint);
        ink.TextBefore("ms", area.Right - 62, area.Top - 8, 13, s_faint);
        ink.TextBefore("share", area.Right, area.Top - 8, 13, s_faint);
        var fits = kernels.Count * SmallestRow <= area.Height ? kernels.Count : (int)((area.Height - SmallestRow) / SmallestRow);
        var row = Math.Clamp(area.Height / Math.Max(1, fits + (fits < kernels.Count ? 1 : 0)), SmallestRow, LargestRow);
        for (var i = 0; i < fits; i++)
        {
            var (kernel, y) = (kernels[i], area.Top + i * row);
            var at = new SKPoint(x + 14, y + row / 2);
            var isDrawn = kernel.IsDrawn(roofline.Gflops);
            if (isDrawn)
            {
                ink.Dot(at, 12, ColourOf(kernel.Op));
            }
            ink.Centred((i + 1).ToString(CultureInfo.InvariantCulture), at, 12, isDrawn ? SKColors.White : s_faint, bold: true);
            var width = area.Right - 130 - (x + 34);
            ink.Text(ink.Fit(kernel.Op, 14, width), x + 34, y + row / 2 - 2, 14, s_ink);
            ink.Text(ink.Fit(isDrawn ? kernel.Shape : kernel.Shape + ", hardly any arithmetic: not drawn", 11, width), x + 34, y + row / 2 + 11, 11, s_faint);
            ink.TextBefore(Invariant($"{kernel.Ms:0.00}"), area.Right - 62, y + row / 2 + 5, 14, s_ink);
            ink.TextBefore(Invariant($"{100 * kernel.Share:0.0} %"), area.Right, y + row / 2 + 5, 14, s_ink);
        }
        if (fits < kernels.Count)
            ink.Text(Invariant($"and {kernels.Count - fits} more, together {100 * kernels.Skip(fits).Sum(k => k.Share):0.0} %"), x + 34, area.Top + fits * row + row / 2 + 5, 13, s_faint);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
