using Forge.Core;
using Forge.Core.Ops;
using FsCheck.Xunit;

namespace Forge.Vulkan.Tests;

/// <summary>Shaders compiled beforehand: found by what they are made from, never trusted when damaged.</summary>
public sealed class ShaderPackTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forge pack ");

    public void Dispose() => _folder.Delete(recursive: true);

    private string PackFile => Path.Combine(_folder.FullName, "shaders.pack");

    [Property]
    public void EveryShader_ComesBack_AndNoOther(Dictionary<ushort, byte[]> shaders)
    {
        var wanted = shaders.Where(s => s.Value is not null).ToDictionary(s => Key(s.Key), s => s.Value);
        Assert.True(ShaderPack.Write(PackFile, wanted));
        var pack = ShaderPack.Open(PackFile)!;
        Assert.Equal(wanted.Count, pack.Count);
        Assert.All(wanted, s => Assert.Equal(s.Value, pack.Find(s.Key)));
        Assert.All(Enumerable.Range(0, 64).Select(i => Key((ushort)(i * 1021))).Where(k => !wanted.ContainsKey(k)), k => Assert.Null(pack.Find(k)));
        Assert.Null(pack.Find("no key"));
        Assert.Null(pack.Find(""));
    }

    [Fact]
    public void Damage_AnywhereInTheFile_LosesThePackAndNothingElse()
    {
        ShaderPack.Write(PackFile, new Dictionary<string, byte[]> { [Key(1)] = [1, 2, 3], [Key(2)] = new byte[100] });
        var whole = File.ReadAllBytes(PackFile);
        for (var i = 0; i < whole.Length; i++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[i] ^= 0x10;
            File.WriteAllBytes(PackFile, bytes);
            Assert.Null(ShaderPack.Open(PackFile));
        }
        File.WriteAllBytes(PackFile, whole[..^1]);
        Assert.Null(ShaderPack.Open(PackFile));
        File.Delete(PackFile);
        Assert.Null(ShaderPack.Open(PackFile));
    }

    [Fact]
    public void FileThatIsWhole_ButNoPack_IsNone()
    {
        CheckedFile.Write(PackFile, [255, 0, 0, 0, 1, 2, 3]); // claims 255 entries
        Assert.Null(ShaderPack.Open(PackFile));
        CheckedFile.Write(PackFile, [1]);
        Assert.Null(ShaderPack.Open(PackFile));
    }

    [Fact]
    public void Compiler_TakesFromThePack_OnlyWhatItWouldCompileTheSame()
    {
        const string Shader = "#version 450\nlayout(local_size_x = N) in;\nvoid main() {}\n";
        var first = new ShaderCompiler(new ShaderSource(), new SpirvCache(null));
        var request = new ShaderRequest("D.comp", Shader, [("N", "4")]);
        ShaderPack.Write(PackFile, new Dictionary<string, byte[]> { [first.KeyOf(request)] = first.Compile(request) });
        var second = new ShaderCompiler(new ShaderSource(), new SpirvCache(null, ShaderPack.Open(PackFile)));
        Assert.Equal(first.Compile(request), second.Compile(request));
        Assert.Equal(0, second.Compiled);
        second.Compile(request with { Defines = [("N", "8")] });
        second.Compile(request with { Text = Shader + "// another text\n" });
        Assert.Equal(2, second.Compiled);
    }

    [Fact]
    public void PlansOfAFunction_AreCollected_OnceForEveryKindOfDevice()
    {
        var baking = new ShaderBaking(new ShaderCompiler(new ShaderSource(), new SpirvCache(null)));
        var before = baking.Count;
        using (var engine = new Engine(baking.Backend()))
        {
            var product = engine.Compile((Tensor x, Tensor y) => x.MatMul(y).Relu());
            Assert.NotEqual(0, product.Run(new HostTensor(new(DType.F32, (4, 4))), new HostTensor(new(DType.F32, (4, 4))))[0][0]);
        }
        var once = baking.Count;
        Assert.True(once >= before + 3 * 3, $"{once - before} shaders: fewer than portable, tiled and lane in three buffer modes");
        baking.Add(new MatMulOp(), [new(DType.F32, (4, 4)), new(DType.F32, (4, 4))]);
        Assert.InRange(baking.Count, once, once + 4);
    }

    private static string Key(ushort number) => new string('a', 60) + number.ToString("x4", System.Globalization.CultureInfo.InvariantCulture);
}
