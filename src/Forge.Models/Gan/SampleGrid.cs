using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Gan;

/// <summary>Images of one size as one picture, in rows, and images from a model's numbers.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class SampleGrid
{
    private const int Gap = 2;

    /// <summary>Image <paramref name="index"/> of a batch in −1..1, as bytes; what lies outside is cut off.</summary>
    /// <param name="images">f32 (n, height, width, channels).</param>
    /// <param name="index">Which.</param>
    public static PixelImage ImageOf(HostTensor images, int index)
    {
        var (height, width, channels) = (images.Shape[1], images.Shape[2], images.Shape[3]);
        var pixels = new byte[height * width * channels];
        var values = images.Span<float>().Slice(index * pixels.Length, pixels.Length);
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Round(Math.Clamp((values[i] + 1) * 127.5f, 0, 255));
        return new(height, width, channels, pixels);
    }

    /// <summary>Images beside and below each other, two black pixels apart, as square as can be or as wide as asked for.</summary>
    /// <param name="images">f32 (n, height, width, channels) in −1..1; n at least 1.</param>
    /// <param name="columns">Images a row; as many as rows when left out.</param>
    public static PixelImage Of(HostTensor images, int? columns = null)
    {
        var (n, height, width, channels) = (images.Shape[0], images.Shape[1], images.Shape[2], images.Shape[3]);
        var across = columns ?? (int)Math.Ceiling(Math.Sqrt(n));
        var down = (n + across - 1) / across;
        var (rows, pitch) = (down * (height + Gap) - Gap, (across * (width + Gap) - Gap) * channels);
        var pixels = new byte[rows * pitch];
        for (var i = 0; i < n; i++)
        {
            var (image, top, left) = (ImageOf(images, i).Pixels, i / across * (height + Gap), i % across * (width + Gap) * channels);
            for (var row = 0; row < height; row++) image.AsSpan(row * width * channels, width * channels).CopyTo(pixels.AsSpan((top + row) * pitch + left));
        }
        return new(rows, pitch / channels, channels, pixels);
    }
}
