using System.Buffers.Binary;
using System.IO.Compression;
using Forge.Fuzzing;
using Forge.Models.Datasets;
using Forge.Models.Reports;
using Forge.Models.Tests.Datasets;
using Forge.Models.Tests.Video;
using SkiaSharp;

namespace Forge.Models.Tests.Hostile;

/// <summary>What reads files with native code, for the process in which that is tried.</summary>
internal static class NativeTargets
{
    /// <summary>Pixels of a picture that are allowed here: sizes are damaged, too, and the largest should not take a second each.</summary>
    public const long Pixels = 4_000_000;

    public const string Images = "whole images", Animations = "animations", PlantedCrash = "a planted crash", PlantedHog = "a planted hog of memory", PlantedHang = "a planted hang";

    public static FuzzTarget Find(string name) => name switch
    {
        Images => ImageTarget(),
        Animations => AnimationTarget(),
        // What the nets above must catch.
        PlantedCrash => Planted(name, System.Runtime.InteropServices.NativeLibrary.GetExport(System.Runtime.InteropServices.NativeLibrary.GetMainProgramHandle(), "abort")),
        PlantedHog => new(name, [[1]], _ => { unsafe { for (var i = 0; i < 4096; i++) System.Runtime.InteropServices.NativeMemory.AllocZeroed(1 << 20); } }),
        PlantedHang => new(name, [[1]], _ => Thread.Sleep(Timeout.Infinite)) { TimeLimit = TimeSpan.FromSeconds(2) },
        _ => throw new ArgumentException($"There is no target '{name}'.", nameof(name)),
    };

    private static unsafe FuzzTarget Planted(string name, nint abort) => new(name, [[1]], _ => ((delegate* unmanaged<void>)abort)());

    private static FuzzTarget ImageTarget()
    {
        var decoder = new ImageDecoder { PixelLimit = Pixels };
        return new(Images, [.. ImageDecoderTests.NameList.Select(n => ImageDecoderTests.Sample(n).File).Where(f => f[0] != 'P'), .. Pictures()], file =>
        {
            var picture = decoder.Decode(file, "x.png");
            Assert.True(picture.Height * (long)picture.Width <= Pixels && picture.Pixels.Length == picture.Height * picture.Width * 3);
        }, typeof(BadImageException))
        {
            Edits = [EditPng],
            // The decoder writes four bytes a pixel, of which three are taken.
            AllocationLimit = length => 8 * Pixels + (1 << 20) + 64L * length,
        };
    }

    private static FuzzTarget AnimationTarget()
    {
        var path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"forge-animation-{Environment.ProcessId}.gif");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        GifFile.Save(path, [.. Enumerable.Range(0, 5).Select(i => (Func<PixelImage>)(() => new(6, 9, 1, [.. Enumerable.Range(0, 54).Select(p => (byte)(p * (i + 3)))])))]);
        byte[] gif = File.ReadAllBytes(path);
        var decoder = new ImageDecoder { PixelLimit = Pixels / 4, AnimationPixelLimit = 4 * Pixels };
        return new(Animations, [gif, ClipReaderTests.WebP(8, (0, 8, 50), (0, 4, 200), (4, 4, 90))], file =>
        {
            File.WriteAllBytes(path, file);
            foreach (var picture in decoder.DecodeFrames(path, ColourMode.Rgb, count => [0, count / 2, count - 1])) Assert.NotEmpty(picture.Pixels);
        }, typeof(BadImageException))
        { AllocationLimit = length => 16 * Pixels + (1 << 20) + 256L * length };
    }

    // Larger than the fixtures: several blocks, rows and chunks.
    private static IEnumerable<byte[]> Pictures()
    {
        using var bitmap = new SKBitmap(97, 61);
        for (var y = 0; y < bitmap.Height; y++)
            for (var x = 0; x < bitmap.Width; x++) bitmap.SetPixel(x, y, new((byte)(x * 5), (byte)(y * 7), (byte)(x * y), (byte)(255 - x)));
        foreach (var (format, quality) in ((SKEncodedImageFormat, int)[])[(SKEncodedImageFormat.Png, 100), (SKEncodedImageFormat.Jpeg, 60), (SKEncodedImageFormat.Webp, 50), (SKEncodedImageFormat.Webp, 100)])
        {
            using var encoded = bitmap.Encode(format, quality);
            yield return encoded.ToArray();
        }
    }

    // A chunk's content, its length and checksum made right again; of pixels, what they unpack to.
    private static byte[] EditPng(Random random, byte[] input, byte[] other)
    {
        if (input.Length < 57 || input[0] != 0x89) return TextMutations.OneOf(random, ByteMutations.All)(random, input, other);
        var chunks = new List<(byte[] Type, byte[] Content)>();
        for (var at = 8; at + 12 <= input.Length;)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(input.AsSpan(at)), (uint)(input.Length - at - 12));
            chunks.Add((input[(at + 4)..(at + 8)], input[(at + 8)..(at + 8 + length)]));
            at += 12 + length;
        }
        var chosen = random.Next(chunks.Count);
        var (type, content) = chunks[chosen];
        var damage = TextMutations.OneOf(random, ByteMutations.All);
        chunks[chosen] = (type, type.AsSpan().SequenceEqual("IDAT"u8) && random.Next(2) == 0 ? Zip(damage(random, Unzip(content), content)) : damage(random, content, input));
        if (random.Next(4) == 0) chunks.Insert(random.Next(chunks.Count), chunks[random.Next(chunks.Count)]);
        return [.. input[..8], .. chunks.SelectMany(c => Chunk(c.Type, c.Content))];
    }

    private static byte[] Chunk(byte[] type, byte[] content)
    {
        var (length, check, sum) = (new byte[4], new byte[4], new GzipTrailer.Sum());
        sum.Add(type);
        sum.Add(content);
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(check, sum.Crc);
        return [.. length, .. type, .. content, .. check];
    }

    private static byte[] Zip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionLevel.Fastest)) zip.Write(content);
        return packed.ToArray();
    }

    private static byte[] Unzip(byte[] packed)
    {
        try
        {
            using var zip = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            var content = new byte[1 << 16];
            return content[..zip.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return packed;
        }
    }
}
