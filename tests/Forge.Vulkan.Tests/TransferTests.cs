using Forge.Core;

namespace Forge.Vulkan.Tests;

/// <summary>Copies to and from the device in parts, through staging buffers made small enough that everything is several parts.</summary>
public class TransferTests
{
    [Theory]
    [InlineData(0, 16)]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 16)]
    [InlineData((1L << 31) - 1, 16 << 20)]      // a whole span: the last part starts near the end of an int
    [InlineData(1L << 31, 16 << 20)]
    [InlineData((5L << 30) + 12, 1 << 30)]
    public void Parts_CoverEveryByteOnce_PastTwoGibibytesToo(long bytes, int most)
    {
        long end = 0;
        foreach (var (at, length) in Transfers.Parts(bytes, most))
        {
            Assert.Equal(end, at);
            Assert.InRange(length, 1, most);
            end = at + length;
        }
        Assert.Equal(bytes, end);
        Assert.Equal((bytes + most - 1) / most, Transfers.Parts(bytes, most).LongCount());
    }

    public static TheoryData<string, bool, int> DriversAndStaging()
    {
        var data = new TheoryData<string, bool, int>();
        foreach (var driver in Drivers.Names())
        {
            data.Add(driver, false, 16);
            foreach (var staging in (int[])[16, 100, 1 << 20]) data.Add(driver, true, staging);
        }
        return data;
    }

    [DriverTheory, MemberData(nameof(DriversAndStaging))]
    public void Bytes_GoAndComeBack_InPartsOfAnyLength(string driver, bool staged, int stagingBytes)
    {
        using var device = Drivers.Open(driver, new() { Staged = staged, StagingBytes = stagingBytes });
        using var transfers = new Transfers(device);
        var bytes = new byte[1012];
        new Random(1).NextBytes(bytes);
        using var buffer = new DeviceBuffer(device, bytes.Length + 8, MemoryUse.Device, "in parts");
        var (inside, back) = (new BufferSlice(buffer, 4, bytes.Length), new byte[bytes.Length]);
        transfers.Zero(new(buffer, 0, buffer.Bytes));
        transfers.Download(inside, back);
        Assert.Equal(-1, back.AsSpan().IndexOfAnyExcept((byte)0));

        transfers.Upload(inside, bytes);
        transfers.Download(inside, back);
        Assert.True(bytes.AsSpan().SequenceEqual(back));

        bytes.AsSpan().Reverse();
        transfers.Upload(inside, (at, part) => bytes.AsSpan((int)at, part.Length).CopyTo(part));
        transfers.Download(inside, (at, part) => part.CopyTo(back.AsSpan((int)at)));
        Assert.True(bytes.AsSpan().SequenceEqual(back));

        var edges = new byte[buffer.Bytes];
        transfers.Download(new(buffer, 0, buffer.Bytes), edges);
        Assert.Equal(-1, edges.AsSpan(0, 4).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, edges.AsSpan(^4..).IndexOfAnyExcept((byte)0));
    }

    // Arguments, a host scalar and results lie on both sides of the parts' borders.
    [DriverTheory, MemberData(nameof(DriversAndStaging))]
    public void Plan_RunsAsTheReferenceDoes_WhenItsArgumentsGoInParts(string driver, bool staged, int stagingBytes)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Staged = staged, StagingBytes = stagingBytes })));
        var factor = engine.Scalar("factor");
        var step = engine.Compile(2, x => [x[0] * factor + x[1], -x[1], x[0].Sum()]);
        for (var run = 1; run <= 2; run++)
        {
            engine.SetScalar("factor", run);
            float[] a = [.. Enumerable.Range(0, 101).Select(i => (float)(i * run))], b = [.. Enumerable.Range(0, 101).Select(i => i - 50f)];
            var results = step.Run(HostTensor.From(a, new Shape(101)), HostTensor.From(b, new Shape(101)));
            Assert.Equal([.. a.Zip(b, (p, q) => p * run + q)], results[0].Span<float>().ToArray());
            Assert.Equal([.. b.Select(v => -v)], results[1].Span<float>().ToArray());
            Assert.Equal(5050f * run, results[2].Scalar());
        }
    }
}
