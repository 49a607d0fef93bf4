using System.Buffers.Binary;
using System.IO.Compression;
using Forge.Core;
using Forge.Models.Datasets;
using FsCheck.Xunit;

namespace Forge.Models.Tests.Datasets;

public sealed class IdxFileTests
{
    internal static byte[] Idx(byte type, int[] dimensions, byte[] data)
    {
        var file = new byte[4 + 4 * dimensions.Length + data.Length];
        (file[2], file[3]) = (type, (byte)dimensions.Length);
        for (var i = 0; i < dimensions.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + 4 * i), dimensions[i]);
        data.CopyTo(file.AsSpan(4 + 4 * dimensions.Length));
        return file;
    }

    internal static byte[] Gzip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var zip = new GZipStream(target, CompressionLevel.Optimal)) zip.Write(content);
        return target.ToArray();
    }

    private static IdxFile Read(byte[] file, long? limit = null) => IdxFile.Read(new MemoryStream(file), "x.idx", limit);

    private static byte[] Sample(int count = 300) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7))];

    [Theory, InlineData(false), InlineData(true)]
    public void Read_WholeFile_GivesTypeDimensionsAndBytes(bool zipped)
    {
        var file = Idx(0x08, [3, 10, 10], Sample());
        var array = Read(zipped ? Gzip(file) : file);
        Assert.Equal(IdxType.U8, array.Type);
        Assert.Equal([3, 10, 10], array.Dimensions);
        Assert.Equal(Sample(), array.Span<byte>().ToArray());
        Assert.Throws<DataException>(() => array.Span<float>().Length);
    }

    [Fact]
    public void Read_WiderTypes_TurnsBigEndianAround()
    {
        Assert.Equal([-2, 258], Read(Idx(0x0B, [2], [0xFF, 0xFE, 0x01, 0x02])).Span<short>().ToArray());
        Assert.Equal([1.5f], Read(Idx(0x0D, [1], [0x3F, 0xC0, 0, 0])).Span<float>().ToArray());
        Assert.Equal([16909060], Read(Idx(0x0C, [1], [1, 2, 3, 4])).Span<int>().ToArray());
        Assert.Equal([1.5], Read(Idx(0x0E, [1], [0x3F, 0xF8, 0, 0, 0, 0, 0, 0])).Span<double>().ToArray());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Read_EveryTruncation_IsAnErrorThatNamesTheFile(bool zipped)
    {
        var file = Idx(0x08, [3, 10, 10], Sample());
        if (zipped) file = Gzip(file);
        for (var length = 0; length < file.Length; length++)
        {
            var cut = file[..length];
            Assert.Contains("x.idx", Assert.Throws<DataException>(() => Read(cut)).Message);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Read_TrailingBytes_AreAnError(bool zipped)
    {
        byte[] file = [.. Idx(0x08, [3], [1, 2, 3]), 9];
        Assert.Contains("damaged", Assert.Throws<DataException>(() => Read(zipped ? Gzip(file) : file)).Message);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Read_HeaderAnnouncingGigabytes_FailsWithoutAllocatingThem(bool zipped)
    {
        var file = Idx(0x08, [1000, 1000, 1000], [1, 2, 3]);
        if (zipped) file = Gzip(file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DataException>(() => Read(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Read_OverTheLimit_NamesSizeAndLimit()
    {
        var message = Assert.Throws<DataException>(() => Read(Idx(0x08, [3, 10, 10], Sample()), limit: 299)).Message;
        Assert.Contains("3x10x10", message);
        Assert.Contains("299", message);
        Assert.Throws<DataException>(() => Read(Idx(0x0E, [.. Enumerable.Repeat(int.MaxValue, 8)], []))); // 2^251 bytes: no overflow either
    }

    [Fact]
    public void Read_NotIdx_SaysWhatItStartsWith() =>
        Assert.Contains("89504E47", Assert.Throws<DataException>(() => Read([0x89, 0x50, 0x4E, 0x47, 1, 2, 3, 4])).Message);

    [Fact]
    public void Read_MissingFile_NamesIt() =>
        Assert.Contains("no-such.idx", Assert.Throws<DataException>(() => IdxFile.Read("no-such.idx")).Message);

    [Fact]
    public void Read_FlippedBitInGzip_IsAlwaysAnError()
    {
        var good = Gzip(Idx(0x08, [3, 10, 10], Sample()));
        for (var at = 10; at < good.Length; at++) // the 10-byte header holds times and names that no checksum covers
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 0x10;
            Assert.Throws<DataException>(() => Read(bad));
        }
    }

    [Property(MaxTest = 500)]
    public bool Read_AnyMutation_GivesAnArrayOrADataException(byte[] noise, ushort at, bool zipped)
    {
        var file = Idx(0x08, [2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        if (zipped) file = Gzip(file);
        for (var i = 0; i < noise.Length; i++) file[(at + i) % file.Length] ^= noise[i];
        try
        {
            return Read(file, 1 << 20).Bytes.Length <= 1 << 20;
        }
        catch (DataException e)
        {
            return e.Message.StartsWith("x.idx");
        }
    }
}
