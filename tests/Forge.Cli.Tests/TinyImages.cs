using SkiaSharp;

namespace Forge.Cli.Tests;

/// <summary>Folders of small pictures that a net tells apart after a few steps.</summary>
internal static class TinyImages
{
    /// <summary>Class names with accents, a script without case, and a space.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["rouge foncé", "зелёный", "青い"];

    private static readonly SKColor[] s_colours = [new(210, 40, 40), new(40, 200, 60), new(50, 60, 220)];

    /// <summary>Writes a data folder.</summary>
    /// <param name="folder">The folder, made here.</param>
    /// <param name="each">Pictures a class.</param>
    /// <param name="classes">How many of the classes, at most three.</param>
    /// <param name="side">Pixels a side.</param>
    public static string Write(string folder, int each = 6, int classes = 2, int side = 24)
    {
        for (var label = 0; label < classes; label++)
        {
            Directory.CreateDirectory(Path.Combine(folder, Classes[label]));
            for (var i = 0; i < each; i++) File.WriteAllBytes(Path.Combine(folder, Classes[label], $"picture {i}.png"), Picture(label, i, side, SKEncodedImageFormat.Png));
        }
        return folder;
    }

    /// <summary>A picture of a class: its colour with stripes that depend on a number.</summary>
    public static byte[] Picture(int label, int number, int side, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(side, side);
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
            {
                var stripe = (byte)((x * (number + 1) + y * 3) % 32);
                var colour = s_colours[label];
                bitmap.SetPixel(x, y, new((byte)(colour.Red - stripe), (byte)(colour.Green - stripe), (byte)(colour.Blue - stripe)));
            }
        using var encoded = bitmap.Encode(format, 90);
        return encoded.ToArray();
    }
}
