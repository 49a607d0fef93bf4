using System.Text;
using Forge.Core;
using Forge.Models.Datasets;
using FsCheck.Xunit;

namespace Forge.Models.Tests.Datasets;

public sealed class ImageDecoderTests
{
    private static readonly System.Text.Json.JsonElement Golden = Fixtures.Load("images.json");

    internal static readonly string[] NameList = Golden.GetProperty("files").Numbers(f => f.GetProperty("name").GetString()!);

    public static TheoryData<string> Names => [.. NameList];

    internal static (byte[] File, int Height, int Width, byte[] Rgb, byte[] Grey) Sample(string name)
    {
        var one = Golden.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("name").GetString() == name);
        return (one.GetProperty("file").GetBytesFromBase64(), one.GetProperty("height").GetInt32(), one.GetProperty("width").GetInt32(),
            one.GetProperty("rgb").GetBytesFromBase64(), one.GetProperty("grey").GetBytesFromBase64());
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_EachFormat_AgreesWithPillow(string name)
    {
        var (file, height, width, rgb, grey) = Sample(name);
        // Lossy decoders may round differently; everything else is exact.
        var tolerance = name.EndsWith("jpg", StringComparison.Ordinal) ? 3 : name == "lossy.webp" ? 3 : 0;
        var (colour, single) = (new ImageDecoder().Decode(file, name), new ImageDecoder().Decode(file, name, ColourMode.Grey));
        Assert.Equal((height, width, 3), (colour.Height, colour.Width, colour.Channels));
        Assert.Equal((height, width, 1), (single.Height, single.Width, single.Channels));
        AssertClose(rgb, colour.Pixels, tolerance);
        AssertClose(grey, single.Pixels, tolerance);
    }

    private static void AssertClose(byte[] expected, byte[] actual, int tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"byte {i}: expected {expected[i]}, got {actual[i]}");
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_EveryTruncation_IsAnErrorThatNamesTheFile(string name)
    {
        var file = Sample(name).File;
        for (var length = 0; length < file.Length; length++)
        {
            var cut = file[..length];
            var error = Assert.Throws<BadImageException>(() => new ImageDecoder().Decode(cut, "some/" + name));
            Assert.StartsWith("some/" + name, error.Message);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_UnderAMisleadingName_GoesByContent(string name)
    {
        var (file, height, width, _, _) = Sample(name);
        var image = new ImageDecoder().Decode(file, "picture.jpg");
        Assert.Equal((height, width), (image.Height, image.Width));
    }

    [Fact]
    public void Decode_EmptyFile_SaysSo() =>
        Assert.Equal("a.png: the file is empty. Remove it or fetch it again.", Assert.Throws<BadImageException>(() => new ImageDecoder().Decode([], "a.png")).Message);

    [Fact]
    public void Decode_TextNamedPng_SaysItIsNoImage() =>
        Assert.Contains("a.png: the content is not", Assert.Throws<BadImageException>(() => new ImageDecoder().Decode("hello there"u8.ToArray(), "a.png")).Message);

    [Theory, MemberData(nameof(Names))]
    public void Decode_OverThePixelLimit_SaysSizeAndLimit(string name)
    {
        var (file, height, width, _, _) = Sample(name);
        var message = Assert.Throws<BadImageException>(() => new ImageDecoder { PixelLimit = height * width - 1 }.Decode(file, name)).Message;
        Assert.Contains($"{width}x{height}", message);
        Assert.Contains($"{height * width - 1} pixels", message);
        Assert.Equal(width, new ImageDecoder { PixelLimit = height * width }.Decode(file, name).Width);
    }

    [Fact]
    public void Decode_HeaderAnnouncingAHugePicture_FailsBeforeTheDecoderSeesIt()
    {
        var png = Sample("rgb.png").File;
        png[16] = png[20] = 0x7F; // 2 billion pixels a side
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("over the limit", Assert.Throws<BadImageException>(() => new ImageDecoder().Decode(png, "bomb.png")).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
        Assert.Contains("over the limit", Assert.Throws<BadImageException>(() => new ImageDecoder().Decode("P6 60000 60000 255\n"u8.ToArray(), "bomb.ppm")).Message);
    }

    [Fact]
    public void Decode_FileOverTheByteLimit_IsNotRead()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(new byte[1000], "big.png");
        Assert.Contains("1000 bytes, over the limit of 999", Assert.Throws<BadImageException>(() => new ImageDecoder { FileByteLimit = 999 }.Decode(path)).Message);
    }

    [Fact]
    public void Decode_MissingFile_NamesIt() =>
        Assert.StartsWith("no such picture.png", Assert.Throws<BadImageException>(() => new ImageDecoder().Decode("no such picture.png")).Message);

    [Fact]
    public async Task Decode_APipe_IsAnErrorInsteadOfAWait()
    {
        if (!OperatingSystem.IsLinux()) return; // made with a Unix program
        using var folder = new TemporaryFolder();
        using (var make = System.Diagnostics.Process.Start("mkfifo", [folder["pipe.png"]])) make.WaitForExit();
        var decoding = Task.Run(() => Assert.Throws<BadImageException>(() => new ImageDecoder().Decode(folder["pipe.png"])).Message);
        Assert.StartsWith(folder["pipe.png"] + ": the file is empty", await decoding.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Decode_AFolder_IsAnErrorThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        Assert.StartsWith(folder.Path, Assert.Throws<BadImageException>(() => new ImageDecoder().Decode(folder.Path)).Message);
    }

    [Theory]
    [InlineData("P1 # bits\n3 2 101\n0 1 0", new byte[] { 0, 255, 0, 255, 0, 255 })]
    [InlineData("P2\n#comment\n2 2 4 0 1 2 4", new byte[] { 0, 64, 128, 255 })]
    [InlineData("P3 1 1 255 9 8 7", new byte[] { 9, 8, 7 })]
    [InlineData("P5 2 1 127\n\0\x7F", new byte[] { 0, 255 })]
    public void Decode_PnmByHand_ScalesToBytes(string text, byte[] expected)
    {
        var image = new ImageDecoder().Decode(Encoding.Latin1.GetBytes(text), "x.pnm", expected.Length == 3 ? ColourMode.Rgb : ColourMode.Grey);
        Assert.Equal(expected, image.Pixels);
    }

    [Theory]
    [InlineData("P5 0 1 255\n")]
    [InlineData("P5 2 1 0\n\0\0")]
    [InlineData("P5 2 1 70000\n\0\0\0\0")]
    [InlineData("P5 2 x 255\n\0\0")]
    [InlineData("P2 2 2 255 1 2 3 oops")]
    [InlineData("P1 2 2 0 1 2 0")]
    public void Decode_MalformedPnm_IsADataException(string text) =>
        Assert.StartsWith("x.pnm: the Pnm image is truncated or damaged",
            Assert.Throws<BadImageException>(() => new ImageDecoder().Decode(Encoding.Latin1.GetBytes(text), "x.pnm")).Message);

    [Property(MaxTest = 300)]
    public bool Decode_AnyMutation_GivesAnImageOrADataException(int pick, byte[] noise, ushort at)
    {
        var file = Sample(NameList[(pick & int.MaxValue) % NameList.Length]).File;
        for (var i = 0; i < noise.Length; i++) file[(at + i) % file.Length] ^= noise[i];
        try
        {
            var image = new ImageDecoder { PixelLimit = 1 << 20 }.Decode(file, "x");
            return image.Pixels.Length == image.Height * image.Width * 3;
        }
        catch (DataException e)
        {
            return e.Message.StartsWith("x: ", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ResizeNearest_TwoDimensions_PicksPillowsPixels()
    {
        var source = new PixelImage(19, 23, 1, [.. Enumerable.Range(0, 19 * 23).Select(i => (byte)i)]);
        foreach (var one in Golden.GetProperty("resizes").EnumerateArray())
        {
            var (rows, columns) = (one.GetProperty("rows").Numbers(e => e.GetInt32()), one.GetProperty("columns").Numbers(e => e.GetInt32()));
            var resized = source.ResizeNearest(rows.Length, columns.Length);
            Assert.Equal(from r in rows from c in columns select (byte)(r * 23 + c), resized.Pixels);
        }
    }

    [Fact]
    public void ResizeNearest_AwkwardRatios_PicksPillowsPixels()
    {
        foreach (var one in Golden.GetProperty("steps").EnumerateArray())
        {
            // Three channels carry a column number of up to 24 bits.
            var (source, target) = (one.GetProperty("source").GetInt32(), one.GetProperty("target").GetInt32());
            var line = new PixelImage(1, source, 3, [.. Enumerable.Range(0, source).SelectMany(i => (byte[])[(byte)i, (byte)(i >> 8), 0])]);
            var resized = line.ResizeNearest(1, target).Pixels;
            Assert.Equal(one.GetProperty("columns").Numbers(e => e.GetInt32()), Enumerable.Range(0, target).Select(i => resized[3 * i] | resized[3 * i + 1] << 8));
        }
    }
}
