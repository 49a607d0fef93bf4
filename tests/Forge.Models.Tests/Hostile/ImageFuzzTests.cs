using System.IO.Compression;
using Forge.Core;
using Forge.Fuzzing;
using Forge.Models.Datasets;
using Forge.Models.Tests.Datasets;
using Xunit.Abstractions;

namespace Forge.Models.Tests.Hostile;

/// <summary>Files of pictures and of IDX arrays that strangers wrote: accepted, or refused with a message; nothing else.</summary>
public sealed class ImageFuzzTests(ITestOutputHelper output)
{
    private const long IdxLimit = 4 << 20;

    private static readonly byte[][] s_images = [.. ImageDecoderTests.NameList.Select(name => ImageDecoderTests.Sample(name).File)];

    private static readonly byte[][] s_pnm =
    [
        "P1\n# a comment\n3 2\n101\n010\n"u8.ToArray(), "P2 3 2 15 0 1 2 3 4 15 "u8.ToArray(), "P3\n2 1\n255\n255 0 0 0 255 0\n"u8.ToArray(),
        [.. "P4 9 2\n"u8, 0xAA, 0x80, 0x55, 0], [.. "P5 2 2 255\n"u8, 1, 2, 3, 4], [.. "P5 2 1 65535\n"u8, 1, 2, 3, 4], [.. "P6 1 2 200 "u8, 1, 2, 3, 4, 5, 200],
    ];

    private static readonly byte[][] s_idx =
    [
        [0, 0, 0x08, 3, .. Extents(2, 3, 4), .. new byte[24]], [0, 0, 0x08, 1, .. Extents(5), 1, 2, 3, 4, 5], [0, 0, 0x0D, 2, .. Extents(2, 2), .. new byte[16]],
        [0, 0, 0x0E, 1, .. Extents(1), .. new byte[8]], [0, 0, 0x0B, 8, .. Extents(1, 1, 1, 1, 1, 1, 1, 2), .. new byte[4]], [0, 0, 0x0C, 2, .. Extents(0, 7)],
    ];

    [Fact]
    public void Headers_OfDamagedImages_AreReadOrRefused() => Run(new("image headers", [.. s_images, .. s_pnm], file => new ImageDecoder().StructureOf(file, "x.png"), typeof(BadImageException)));

    [Fact]
    public void DamagedPnm_IsDecodedOrRefused() => Run(new("PNM images", s_pnm, file =>
    {
        // Other formats are for the native decoder, which is tried in a process of its own.
        if (new ImageDecoder().StructureOf(file, "x.ppm").Format != ImageFormat.Pnm) throw new BadImageException("another format");
        var picture = new ImageDecoder().Decode(file, "x.ppm");
        Assert.Equal(picture.Height * picture.Width * 3, picture.Pixels.Length);
    }, typeof(BadImageException))
    { Edits = [TextMutations.OfBytes] });

    [Fact]
    public void DamagedIdx_IsReadOrRefused() => Run(Idx("IDX", s_idx));

    [Fact]
    public void DamagedGzip_IsReadOrRefused() => Run(Idx("gzip", [.. s_idx.Select(Gzip)]) with
    {
        // A damaged array in a whole archive; checksums would hide it.
        Edits = [(random, input, other) => Gzip(TextMutations.OneOf(random, ByteMutations.All)(random, Gunzip(input), Gunzip(other))), Bomb],
    });

    private static FuzzTarget Idx(string name, IReadOnlyList<byte[]> corpus) => new(name, corpus, file =>
    {
        var array = IdxFile.Read(new MemoryStream(file), "x-ubyte", IdxLimit);
        Assert.True(array.Bytes.Length <= IdxLimit);
    }, typeof(DataException))
    { AllocationLimit = length => 4 * IdxLimit + 64L * length };

    private void Run(FuzzTarget target) => output.WriteLine(FuzzRun.Of(target).ToString());

    private static byte[] Extents(params ReadOnlySpan<int> extents)
    {
        var bytes = new List<byte>();
        foreach (var extent in extents) bytes.AddRange([(byte)(extent >> 24), (byte)(extent >> 16), (byte)(extent >> 8), (byte)extent]);
        return [.. bytes];
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }

    // What can be unpacked of it.
    private static byte[] Gunzip(byte[] packed)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            var (content, filled) = (new byte[1 << 12], 0);
            filled = gzip.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return content[..filled];
        }
        catch (InvalidDataException)
        {
            return packed;
        }
    }

    // A few bytes that unpack to many, announced or not.
    private static byte[] Bomb(Random random, byte[] input, byte[] other)
    {
        var announced = random.Next(1, 1 << 28);
        return Gzip([0, 0, 8, 1, .. Extents(announced), .. new byte[random.Next(1 << 16)]]);
    }
}
