using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>Writes pictures as PNG.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class PngFile
{
    /// <summary>Writes a picture, replacing an older one at once.</summary>
    /// <param name="path">The file; its folder is made if need be.</param>
    /// <param name="image">Grey or RGB.</param>
    /// <exception cref="Core.DataException">The file cannot be written.</exception>
    public static void Save(string path, Datasets.PixelImage image) => ChartFile.Write(path, Encode(image));

    /// <summary>The picture as PNG bytes; grey stays one byte a pixel.</summary>
    public static byte[] Encode(Datasets.PixelImage image)
    {
        var type = image.Channels == 1 ? SKColorType.Gray8 : SKColorType.Rgb888x;
        var pixels = image.Channels == 1 ? image.Pixels : Padded(image.Pixels);
        using var picture = SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, type, SKAlphaType.Opaque), pixels);
        using var data = picture.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    // Skia knows no three bytes a pixel.
    private static byte[] Padded(byte[] rgb)
    {
        var padded = new byte[rgb.Length / 3 * 4];
        for (var i = 0; i < rgb.Length / 3; i++) rgb.AsSpan(3 * i, 3).CopyTo(padded.AsSpan(4 * i));
        return padded;
    }
}
