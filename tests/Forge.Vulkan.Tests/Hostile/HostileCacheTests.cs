using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Hostile;

/// <summary>The smallest of the caches and answers that were taken wrongly once.</summary>
public sealed class HostileCacheTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forge hostile ");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Pack => Path.Combine(_folder.FullName, "shaders.pack");

    [Theory]
    [InlineData(0, -1), InlineData(0, 1 << 30), InlineData(0, int.MinValue), InlineData(1, -1), InlineData(1, int.MaxValue), InlineData(2, -1), InlineData(2, int.MaxValue)]
    public void PackWhoseIndexLiesOutside_IsNone(int field, int value)
    {
        var key = new string('a', 64);
        ShaderPack.Write(Pack, new Dictionary<string, byte[]> { [key] = new byte[100] });
        byte[] payload = CheckedFile.Read(Pack, out _)!;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4 + 32 + 4 * field), value);
        CheckedFile.Write(Pack, payload);
        Assert.Null(ShaderPack.Open(Pack));
    }

    [Theory]
    [InlineData(99), InlineData(101)]
    public void EntryOfAnotherLengthThanAnnounced_IsNotFound(int announced)
    {
        var key = new string('a', 64);
        ShaderPack.Write(Pack, new Dictionary<string, byte[]> { [key] = new byte[100] });
        byte[] payload = CheckedFile.Read(Pack, out _)!;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4 + 32 + 8), announced);
        CheckedFile.Write(Pack, payload);
        Assert.Null(ShaderPack.Open(Pack)!.Find(key));
        payload[^1] ^= 0xFF;
        payload[^2] ^= 0xFF;
        CheckedFile.Write(Pack, payload);
        Assert.Null(ShaderPack.Open(Pack)!.Find(key));
    }

    // Each instruction that is read, cut after each of its words, and one of a type that nothing declared.
    [Theory]
    [InlineData(21), InlineData(22), InlineData(23), InlineData(28), InlineData(30), InlineData(32), InlineData(43), InlineData(59), InlineData(71), InlineData(72)]
    public void SpirvOfHalfAnInstruction_HasNoPushBlock(int code)
    {
        for (var operands = 0; operands < 6; operands++)
        {
            uint[] words = [0x0723_0203, 0x10500, 0, 20, 0, (uint)((operands + 1) << 16 | code), .. Enumerable.Repeat(9u, operands)];
            Assert.Equal(0, SpirvModule.PushBytes(MemoryMarshal.AsBytes(words.AsSpan())));
        }
    }

    [Theory]
    [InlineData("{}"), InlineData("{"), InlineData("{\"Verdict\":\"Right\"}"), InlineData("{\"Verdict\":7,\"Message\":\"\",\"Milliseconds\":[],\"BuildMilliseconds\":0}"), InlineData("null"), InlineData("{\"Verdict\":\"Right\",\"Message\":null,\"Milliseconds\":null,\"BuildMilliseconds\":0}")]
    public void LineThatIsNoAnswer_IsACrash(string line)
    {
        Assert.Equal(Verdict.Crashed, TrialAnswer.Read(line).Verdict);
        Assert.Contains("no answer", TrialAnswer.Read(line).Message, StringComparison.Ordinal);
        Assert.Equal(Verdict.Crashed, KernelTrialAnswer.Read(line).Verdict);
    }

    [Fact]
    public void CacheFileThatIsAPipe_OrOverTheLimit_IsDamaged_AndNotWaitedFor()
    {
        var path = Path.Combine(_folder.FullName, "file");
        if (!OperatingSystem.IsWindows())
        {
            using (var making = System.Diagnostics.Process.Start("mkfifo", [path])) making.WaitForExit();
            Assert.Null(CheckedFile.Read(path, out var waited));
            Assert.True(waited);
            File.Delete(path);
        }
        // As long as the limit and one more, without a byte on the disk; its header is right.
        byte[] header = [.. "FORGE\0\u0001\n"u8, .. BitConverter.GetBytes(InputLimits.Current.CacheBytes), .. SHA256.HashData(Encoding.UTF8.GetBytes(""))];
        using (var file = File.Create(path))
        {
            file.Write(header);
            file.SetLength(header.Length + InputLimits.Current.CacheBytes);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(CheckedFile.Read(path, out var damaged));
        Assert.True(damaged);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }
}
