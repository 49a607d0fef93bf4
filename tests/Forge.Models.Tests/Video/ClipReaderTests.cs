using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Reports;
using Forge.Models.Video;
using SkiaSharp;

namespace Forge.Models.Tests.Video;

public sealed class ClipReaderTests : IDisposable
{
    private const int Side = 4;

    // All of one grey, which a GIF keeps exactly.
    private static PixelImage Frame(int shade, int side = 6) => new(side, side, 1, [.. Enumerable.Repeat((byte)shade, side * side)]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Gif(string name, params int[] shades)
    {
        var path = Path.Combine(_folder.Path, name);
        GifFile.Save(path, [.. shades.Select(s => (Func<PixelImage>)(() => Frame(s)))]);
        return path;
    }

    private string FrameFolder(string name, params (string File, int Shade, int Side)[] frames)
    {
        foreach (var (file, shade, side) in frames) _folder.Write([.. System.Text.Encoding.ASCII.GetBytes($"P5 {side} {side} 255\n"), .. Frame(shade, side).Pixels], name, file);
        return Path.Combine(_folder.Path, name);
    }

    private static byte[] Shades(byte[] clip, int frames) => [.. Enumerable.Range(0, frames).Select(i => clip[i * clip.Length / frames])];

    private static ClipReader Reader(int frames) => new(frames, Side, ColourMode.Grey);

    [Fact]
    public void AnimatedGif_IsSampledEvenlyOverItsLength()
    {
        var path = Gif("clip.gif", 10, 20, 30, 40, 50, 60, 70, 80);
        Assert.Equal([20, 40, 60, 80], Shades(Reader(4).Read(path), 4));
        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80], Shades(Reader(8).Read(path), 8));
        Assert.Equal((Shape)(4, Side, Side, 1), Reader(4).ClipShape);
        Assert.Equal(4 * Side * Side * 3, new ClipReader(4, Side, ColourMode.Rgb).Read(path).Length);
    }

    [Fact]
    public void AnimatedWebP_KeepsWhatAFrameDoesNotPaintOver()
    {
        // The second frame covers the left half alone, the third the right.
        var path = _folder.Write(WebP(8, (0, 8, 50), (0, 4, 200), (4, 4, 90)), "clip.webp");
        var clip = new ClipReader(3, 8, ColourMode.Grey).Read(path);
        foreach (var (frame, left, right) in ((int, int, int)[])[(0, 50, 50), (1, 200, 50), (2, 200, 90)])
            for (var at = 0; at < 64; at++) Assert.Equal(at % 8 < 4 ? left : right, clip[frame * 64 + at]);
    }

    // RIFF by hand: Skia writes still images alone.
    internal static byte[] WebP(int side, params (int Left, int Width, byte Shade)[] frames)
    {
        byte[] body = [.. "WEBP"u8, .. Chunk("VP8X", [2, 0, 0, 0, .. Three(side - 1), .. Three(side - 1)]), .. Chunk("ANIM", new byte[6])];
        foreach (var (left, width, shade) in frames)
        {
            using var bitmap = new SKBitmap(new SKImageInfo(width, side, SKColorType.Rgba8888, SKAlphaType.Opaque));
            bitmap.Erase(new(shade, shade, shade));
            using var still = bitmap.PeekPixels().Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100));
            body = [.. body, .. Chunk("ANMF", [.. Three(left / 2), .. Three(0), .. Three(width - 1), .. Three(side - 1), .. Three(100), 0, .. still!.ToArray()[12..]])];
        }
        return [.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body];

        static byte[] Three(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];

        static byte[] Chunk(string name, byte[] content) => [.. System.Text.Encoding.ASCII.GetBytes(name), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length % 2]];
    }

    [Fact]
    public void FrameFolder_IsInOrderOfNumbers()
    {
        var path = FrameFolder("walk", [.. Enumerable.Range(1, 12).Select(i => ($"frame{i}.pgm", 10 * i, 6))]);
        Assert.Equal([20, 50, 80, 110], Shades(Reader(4).Read(path), 4));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (byte)(10 * i)), Shades(Reader(12).Read(path), 12));
    }

    [Fact]
    public void ClipWithTooFewFrames_IsNamed_WithBothCounts()
    {
        var gif = Gif("short.gif", 1, 2, 3);
        foreach (var path in (string[])[gif, FrameFolder("short", ("1.pgm", 1, 6), ("2.pgm", 2, 6), ("3.pgm", 3, 6))])
        {
            var message = Assert.Throws<BadImageException>(() => Reader(4).Read(path)).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains("3 frames", message, StringComparison.Ordinal);
            Assert.Contains("needs 4", message, StringComparison.Ordinal);
        }
        Assert.Contains("one frame only", Assert.Throws<BadImageException>(() => Reader(2).Read(Gif("still.gif", 5))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FramesOfDifferingSizes_AreNamed()
    {
        var path = FrameFolder("ragged", ("1.pgm", 1, 6), ("2.pgm", 2, 7));
        var message = Assert.Throws<BadImageException>(() => Reader(2).Read(path)).Message;
        foreach (var word in (string[])["2.pgm", "7x7", "6x6"]) Assert.Contains(word, message, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedAnimations_AreNamed()
    {
        var whole = File.ReadAllBytes(Gif("whole.gif", 1, 2, 3, 4));
        foreach (var (name, bytes) in ((string, byte[])[])[("half.gif", whole[..(whole.Length / 2)]), ("empty.webp", []), ("text.gif", "these are no frames"u8.ToArray())])
        {
            var path = _folder.Write(bytes, name);
            Assert.Contains(path, Assert.Throws<BadImageException>(() => Reader(4).Read(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Below_FindsEachKindOfClip_AndRefusesLooseFrames()
    {
        FrameFolder(Path.Combine("class", "b"), ("1.pgm", 1, 6));
        Gif(Path.Combine("class", "a.gif"), 1, 2);
        _folder.Write("x"u8.ToArray(), "class", "c.MP4");
        _folder.Write("x"u8.ToArray(), "class", "notes.txt");
        var root = Path.Combine(_folder.Path, "class");
        Assert.Equal(["a.gif", "c.MP4", "b"], ClipReader.Below(root).Select(Path.GetFileName));
        FrameFolder("class", ("loose.pgm", 1, 6));
        Assert.Contains("folder of their own", Assert.Throws<DataException>(() => ClipReader.Below(root)).Message, StringComparison.Ordinal);
    }
}
