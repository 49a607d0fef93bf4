using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Fuzzing;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;
using Xunit.Abstractions;

namespace Forge.Vulkan.Tests.Hostile;

/// <summary>Cache files, packs, SPIR-V and answers of trial processes that are not what they should be: used or ignored; nothing else.</summary>
public sealed class CacheFuzzTests : IDisposable
{
    private const string Identity = "device 1 driver 2";

    // In memory where that can be had: a file is written for each input.
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"forge-fuzz-{Guid.NewGuid():N}")).FullName;
    private readonly ITestOutputHelper _output;

    public CacheFuzzTests(ITestOutputHelper output) => _output = output;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string this[string name] => Path.Combine(_folder, name);

    [Fact]
    public void DamagedCacheFile_IsReadOrIgnored()
    {
        Run(new("cache files", [Checked([]), Checked([1, 2, 3]), Checked(new byte[300])], bytes =>
        {
            File.WriteAllBytes(this["a"], bytes);
            if (CheckedFile.Read(this["a"], out var damaged) is null)
            {
                Assert.True(damaged);
                throw new RefusedException();
            }
        }, typeof(RefusedException))
        { Edits = [(random, input, other) => Checked(TextMutations.OneOf(random, ByteMutations.All)(random, input, other))] });
    }

    // The file's checksum is right, as it is in one that was made to harm.
    [Fact]
    public void PackMadeToHarm_IsReadOrIgnored()
    {
        var shaders = Enumerable.Range(0, 5).ToDictionary(i => string.Concat(Enumerable.Repeat($"{17 * i:x2}", 32)), i => Enumerable.Repeat((byte)i, 100 * i).ToArray());
        Assert.True(ShaderPack.Write(this["shaders.pack"], shaders));
        byte[] payload = CheckedFile.Read(this["shaders.pack"], out _)!;
        Run(new("shader packs", [payload], bytes =>
        {
            CheckedFile.Write(this["shaders.pack"], bytes);
            var pack = ShaderPack.Open(this["shaders.pack"]) ?? throw new RefusedException();
            var found = shaders.Keys.Count(key => pack.Find(key) is { } spirv && spirv.Length <= 1032L * bytes.Length);
            if (found < shaders.Count) throw new RefusedException("shaders are missing");
        }, typeof(RefusedException))
        { AllocationLimit = length => (1 << 20) + 8000L * length, Edits = [EditIndex] }); // five shaders, each up to a thousand times as long as its bytes

        static byte[] EditIndex(Random random, byte[] input, byte[] other)
        {
            byte[] edited = [.. input];
            if (edited.Length < 228) return edited;
            BinaryPrimitives.WriteUInt32LittleEndian(edited.AsSpan(4 + 44 * random.Next(5) + 32 + 4 * random.Next(3)), (uint)ByteMutations.Number(random));
            return edited;
        }
    }

    [Fact]
    public void TuningFileMadeToHarm_IsReadOrIgnored()
    {
        var use = new OpUse(new MatMulOp(), [new(DType.F32, (64, 64)), new(DType.F32, (64, 64))]);
        var (kernel, limits) = (KernelTable.Find(use.Op)!, new DeviceLimits { MaxWorkgroupInvocations = 256, MaxWorkgroupX = 256, SharedMemoryBytes = 32768 });
        var record = new TuningRecord(Identity,
            [.. use.Variants(limits).Select((v, i) => new TunedChoice(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), "hash", v.Label, 1 + i, "portable", 2, DateTime.UnixEpoch)),
             new(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), "hash", "lane/packed,rows=5", 1, "portable", 2, DateTime.UnixEpoch)],
            [new("MatMul", "lane/packed", "hash", Verdict.Wrong, "y is 1", "MatMul", DateTime.UnixEpoch)]);
        var file = new TuningCache(_folder, Identity).File!;
        Run(new("tuning files", [JsonSerializer.SerializeToUtf8Bytes(record, TuningJson.Default.TuningRecord)], bytes =>
        {
            CheckedFile.Write(file, bytes);
            var cache = new TuningCache(_folder, Identity);
            foreach (var choice in cache.Find(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs)))
                _ = kernel.Find(choice.Variant, use.Op, use.Inputs, use.Outputs, limits);
            foreach (var variant in cache.Known.Quarantined)
                _ = new AvoidedVariant(variant.Kernel, variant.Variant, variant.Verdict.ToString(), variant.Message, use.ToString(), "portable").ToString();
            _ = cache.Known.With(record);
            if (cache.Damaged > 0) throw new RefusedException();
        }, typeof(RefusedException))
        { Edits = [TextMutations.OfBytes], AllocationLimit = length => (4 << 20) + 256L * length });
    }

    [Fact]
    public void DamagedSpirv_IsReadOrRefused() => Run(new("SPIR-V", [Spirv()], spirv =>
    {
        if (!SpirvModule.IsSpirv(spirv) || SpirvModule.PushBytes(spirv) != 24) throw new RefusedException();
    }, typeof(RefusedException))
    { Edits = [EditWord] });

    [Fact]
    public void DamagedAnswer_IsACrashOfTheProcess()
    {
        byte[][] answers =
        [
            JsonSerializer.SerializeToUtf8Bytes(new TrialAnswer(Verdict.Right, "", [1.5, 2], 3), TrialJson.Default.TrialAnswer),
            JsonSerializer.SerializeToUtf8Bytes(new TrialAnswer(Verdict.Wrong, "y(0) is 0.31", [], 3), TrialJson.Default.TrialAnswer),
        ];
        Run(new("answers of trials", answers, line =>
        {
            var answer = TrialAnswer.Read(Encoding.UTF8.GetString(line));
            if (answer.Verdict == Verdict.Crashed) throw new RefusedException(new ForgeException(answer.Message).Message);
        }, typeof(RefusedException))
        { Edits = [TextMutations.OfBytes] });
        Run(new("answers of kernels", [JsonSerializer.SerializeToUtf8Bytes(new KernelTrialAnswer(Verdict.Right, "", [[1, 2], []]), TrialJson.Default.KernelTrialAnswer)], line =>
        {
            var answer = KernelTrialAnswer.Read(Encoding.UTF8.GetString(line));
            _ = TrialReady.Read(Encoding.UTF8.GetString(line));
            if (answer.Verdict == Verdict.Crashed) throw new RefusedException(new ForgeException(answer.Message).Message);
            Assert.All(answer.Outputs, output => Assert.True(output.Length >= 0));
        }, typeof(RefusedException))
        { Edits = [TextMutations.OfBytes] });
    }

    [Fact]
    public void DamagedAnswerOfACheck_IsACrashOfTheProcess() => Run(new("answers of checks",
        [JsonSerializer.SerializeToUtf8Bytes(new CheckAnswer(Verdict.Right, "", "x f32 (2, 3)", 0.5, null, 3, false, ["portable", "lane/packed"]), CheckJson.Default.CheckAnswer)], line =>
    {
        var answer = CheckAnswer.Read(Encoding.UTF8.GetString(line));
        if (answer.Verdict == Verdict.Crashed) throw new RefusedException(new ForgeException(answer.Message).Message);
        Assert.All(answer.Variants, label => Assert.NotNull(label));
    }, typeof(RefusedException))
    { Edits = [TextMutations.OfBytes] });

    [Fact]
    public void DamagedProgram_IsMadeALibraryOrRefused()
    {
        // An ELF header, one program header (dynamic), one entry: the flags.
        var program = new byte[64 + 56 + 32];
        "\u007fELF\u0002\u0001"u8.CopyTo(program);
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(program.AsSpan(64), 2);
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(72), 120);
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(96), 32);
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(120), 0x6fff_fffb);
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(128), 0x0800_0001);
        Run(new("ELF programs", [program], bytes => _ = GlslcLibrary.AsLibrary(bytes) ?? throw new RefusedException(), typeof(RefusedException)) { LongTierInputs = 100_000 });
    }

    private void Run(FuzzTarget target) => _output.WriteLine(FuzzRun.Of(target).ToString());

    private byte[] Checked(byte[] payload)
    {
        CheckedFile.Write(this["made"], payload);
        return File.ReadAllBytes(this["made"]);
    }

    // A module with a push block of an address, two words and an array of two: 24 bytes.
    private static byte[] Spirv()
    {
        var words = new List<uint> { 0x0723_0203, 0x10500, 0, 20, 0 };
        void Add(ushort code, params ReadOnlySpan<uint> operands)
        {
            words.Add((uint)(operands.Length + 1) << 16 | code);
            words.AddRange(operands);
        }
        Add(71, 9, 6, 4);           // array stride 4
        foreach (var (member, offset) in ((uint, uint)[])[(0, 0), (1, 8), (2, 16)]) Add(72, 6, member, 35, offset);
        Add(21, 1, 32, 0);          // uint
        Add(23, 2, 1, 2);           // uvec2
        Add(43, 1, 3, 2);           // 2u
        Add(28, 9, 1, 3);           // uint[2]
        Add(32, 5, 5349, 1);        // a pointer to storage
        Add(30, 6, 5, 2, 9);        // the block
        Add(32, 7, 9, 6);           // pointer to the block
        Add(59, 7, 8, 9);           // the variable
        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(words)).ToArray();
    }

    private static byte[] EditWord(Random random, byte[] input, byte[] other)
    {
        byte[] edited = [.. input];
        if (edited.Length < 24) return edited;
        var at = 20 + 4 * random.Next(edited.Length / 4 - 5);
        var word = BinaryPrimitives.ReadUInt32LittleEndian(edited.AsSpan(at));
        BinaryPrimitives.WriteUInt32LittleEndian(edited.AsSpan(at), random.Next(3) switch
        {
            0 => (uint)random.Next(12),
            1 => (uint)random.Next(6) << 16 | word & 0xFFFF, // another count of words
            _ => (uint)ByteMutations.Number(random),
        });
        return edited;
    }
}
