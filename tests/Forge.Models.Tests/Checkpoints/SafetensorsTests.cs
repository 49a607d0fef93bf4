using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Forge.Core;
using Forge.Models.Checkpoints;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Forge.Models.Tests.Checkpoints;

public sealed class SafetensorsTests
{
    internal static HostTensor Floats(params float[] values) => HostTensor.From(values, new Shape(values.Length));

    private static byte[] Write(Dictionary<string, HostTensor> tensors, Dictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static SafetensorsContent Read(byte[] file) => Safetensors.Read(new MemoryStream(file), "x.safetensors");

    private static byte[] Raw(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    [Fact]
    public void Write_ThenReadByTheFormatsRules_FindsHeaderAlignmentAndData()
    {
        var file = Write(new() { ["b"] = HostTensor.From((byte[])[7, 8, 9], (3, 1)), ["conv/kernel"] = HostTensor.From([1f, 2, 3, 4], (2, 2)) }, new() { ["note"] = "größe" });
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        Assert.Equal(0, length % 8);
        Assert.Equal(8 + length + 16 + 3, file.Length);
        using var header = JsonDocument.Parse(file.AsMemory(8, length));
        var kernel = header.RootElement.GetProperty("conv/kernel");
        Assert.Equal("F32", kernel.GetProperty("dtype").GetString());
        Assert.Equal("[2,2]", kernel.GetProperty("shape").GetRawText());
        Assert.Equal("[0,16]", kernel.GetProperty("data_offsets").GetRawText());
        Assert.Equal("[16,19]", header.RootElement.GetProperty("b").GetProperty("data_offsets").GetRawText());
        Assert.Equal("größe", header.RootElement.GetProperty("__metadata__").GetProperty("note").GetString());
        Assert.Equal(3f, BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(8 + length + 8)));
    }

    private static readonly Gen<(string, HostTensor)> AnyTensor =
        from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
        from dtype in Gen.Elements(Enum.GetValues<DType>())
        from extents in Gen.ArrayOf(Gen.Choose(0, 4)).Where(e => e.Length <= 4)
        from seed in ArbMap.Default.GeneratorFor<int>()
        select (Clean(name.Get), Filled(new TensorType(dtype, new Shape(extents)), seed));

    // Lone surrogates have no UTF-8 form.
    private static string Clean(string name) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name));

    private static HostTensor Filled(TensorType type, int seed)
    {
        var tensor = new HostTensor(type);
        new Random(seed).NextBytes(tensor.Bytes[..(type.Count * type.DType.Bytes())]);
        return tensor;
    }

    [Property(MaxTest = 200)]
    public Property WriteThenRead_AnyTensors_GivesThemBack() =>
        Prop.ForAll(Arb.From(Gen.ListOf(AnyTensor)), list =>
        {
            var tensors = list.DistinctBy(t => t.Item1).Where(t => t.Item1 != "__metadata__").ToDictionary(t => t.Item1, t => t.Item2);
            var file = Write(tensors, new() { ["k"] = "v" });
            var back = Read(file);
            return back.Verified && back.Metadata.Single() is ("k", "v") && back.Tensors.Count == tensors.Count
                && tensors.All(t => back.Tensors[t.Key].Type == t.Value.Type && back.Tensors[t.Key].Bytes.SequenceEqual(t.Value.Bytes))
                && Write(back.Tensors.ToDictionary(), new() { ["k"] = "v" }).SequenceEqual(file);
        });

    [Fact]
    public void Read_ForeignFileWithoutChecksum_GivesItsTensors()
    {
        var content = Read(Raw("""{"w":{"shape":[2],"data_offsets":[0,8],"dtype":"F32"},"__metadata__":{"format":"pt"}}   """, 8));
        Assert.False(content.Verified);
        Assert.Equal("pt", content.Metadata["format"]);
        Assert.Equal((Shape)new Shape(2), content.Tensors["w"].Shape);
    }

    [Fact]
    public void Read_EveryTruncation_IsAnErrorThatNamesTheFile()
    {
        var file = Write(new() { ["w"] = Floats(1, 2, 3) });
        for (var length = 0; length < file.Length; length++)
        {
            var cut = file[..length];
            Assert.StartsWith("x.safetensors", Assert.Throws<CheckpointException>(() => Read(cut)).Message);
        }
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "needs 8 bytes")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "truncated")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "accounts for 4 bytes")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "after a gap")]
    [InlineData("""{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "inside the tensor before it")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "size or offset -1")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "offsets are 4 to 0")]
    [InlineData("""{"w":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", 8, "dtype I64")]
    [InlineData("""{"w":{"dtype":"F32","shape":[65536,65536],"data_offsets":[0,4]}}""", 4, "65536, 65536")]
    [InlineData("""{"w":{"dtype":"F32","shape":[0,4294967296],"data_offsets":[0,0]}}""", 0, "4294967296")]
    [InlineData("""{"w":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "lacks dtype, shape")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "'w' twice")]
    [InlineData("""{"w":{"dtype":"F32","shape":[0.5],"data_offsets":[0,4]}}""", 4, "not the JSON")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "unknown property 'extra'")]
    [InlineData("""["w"]""", 4, "StartObject was expected")]
    [InlineData("""{"w":""", 4, "not the JSON")]
    [InlineData("""{} {}""", 0, "not the JSON")]
    public void Read_HeaderThatLies_SaysWhat(string header, int dataBytes, string expected)
    {
        var message = Assert.Throws<CheckpointException>(() => Read(Raw(header, dataBytes))).Message;
        Assert.StartsWith("x.safetensors: ", message);
        Assert.Contains(expected, message);
    }

    [Theory, InlineData(ulong.MaxValue), InlineData(200_000_000UL), InlineData(1UL << 40)]
    public void Read_HeaderLengthThatLies_FailsWithoutAllocatingIt(ulong length)
    {
        var file = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"a header of {length} bytes", Assert.Throws<CheckpointException>(() => Read(file)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Read_AnyFlippedBitInOurFile_IsNoticed()
    {
        var good = Write(new() { ["w"] = Floats(1, 2, 3) }, new() { ["k"] = "v" });
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                // Only a flip in the checksum's own name may pass, and then the content says that it is unverified.
                Assert.False(Read(bad).Verified, $"bit {bit} went unnoticed");
            }
            catch (CheckpointException)
            {
            }
        }
    }

    [Property(MaxTest = 500)]
    public bool Read_AnyMutation_GivesContentOrACheckpointException(byte[] noise, ushort at)
    {
        var file = Raw("""{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[2,2],"data_offsets":[4,8]}}""", 8);
        for (var i = 0; i < noise.Length; i++) file[(at + i) % file.Length] ^= noise[i];
        try
        {
            return Read(file).Tensors.Count >= 0;
        }
        catch (CheckpointException e)
        {
            return e.Message.StartsWith("x.safetensors", StringComparison.Ordinal);
        }
    }
}
