using Forge.Models.Datasets;
using Forge.Models.Metrics;
using Forge.Models.Reports;
using SkiaSharp;

namespace Forge.Models.Tests.Reports;

[Collection("charts")] // the drawing library keeps fonts in a table that threads share
public sealed class ChartFontTests
{
    [Fact]
    public void BuiltInFont_Loaded_HasEveryAsciiGlyph()
    {
        using var data = SKData.CreateCopy(BuiltInFont.Bytes);
        using var typeface = SKTypeface.FromData(data);
        using var font = new SKFont(typeface, 100);
        Assert.True(font.ContainsGlyphs(string.Concat(Enumerable.Range(' ', 95).Select(c => (char)c))));
        Assert.False(font.ContainsGlyphs("é"));
        Assert.Equal(60, font.MeasureText("M"), 0.01f);
    }

    [Fact]
    public void BuiltInFont_LetterF_CoversItsDots()
    {
        using var data = SKData.CreateCopy(BuiltInFont.Bytes);
        using var typeface = SKTypeface.FromData(data);
        using var font = new SKFont(typeface, 100) { Edging = SKFontEdging.Alias };
        using var bitmap = new SKBitmap(60, 80);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            using var paint = new SKPaint { Color = SKColors.Black };
            canvas.DrawText("F", 0, 70, SKTextAlign.Left, font, paint);
        }
        string[] expected = ["#####", "#....", "#....", "####.", "#....", "#....", "#...."];
        for (var row = 0; row < 7; row++)
            for (var column = 0; column < 5; column++)
                Assert.Equal(expected[row][column] == '#' ? SKColors.Black : SKColors.White, bitmap.GetPixel(column * 10 + 5, row * 10 + 5));
    }

    [Fact]
    public void Draw_WithoutInstalledFonts_StillShowsWords()
    {
        var matrix = new ConfusionMatrix(["first", "second"]);
        matrix.Add(0, 0);
        var font = ChartFont.NameFor("first second", installed: false);
        var (with, without) = (DarkPixels(font), DarkPixels("no such font at all"));
        Assert.True(with > without + 200, $"{with} dark pixels with words, {without} without any font");

        int DarkPixels(string name)
        {
            var image = new ImageDecoder().Decode(ConfusionMatrixChart.Draw(matrix, "a title", name), "x.png");
            return Enumerable.Range(0, image.Pixels.Length / 3).Count(i => image.Pixels[3 * i] < 100 && image.Pixels[3 * i + 2] < 80); // dark, but not the dark blue
        }
    }
}
