using FsCheck;
using FsCheck.Xunit;

namespace Forge.Vulkan.Tests;

public sealed class CacheTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge cache ");

    public void Dispose() => _root.Delete(recursive: true);

    [Property]
    public void File_WithAnyByteChanged_IsDamaged(byte[] payload, int at, byte change)
    {
        var path = Path.Combine(_root.FullName, "file");
        Assert.True(CheckedFile.Write(path, payload));
        Assert.Equal(payload, CheckedFile.Read(path, out var damaged));
        Assert.False(damaged);

        var bytes = File.ReadAllBytes(path);
        var index = (int)((uint)at % (uint)bytes.Length);
        bytes[index] ^= (byte)(change | 1);
        File.WriteAllBytes(path, bytes);
        Assert.Null(CheckedFile.Read(path, out damaged));
        Assert.True(damaged);
    }

    [Property]
    public void File_CutShort_IsDamaged(byte[] payload, int keep)
    {
        var path = Path.Combine(_root.FullName, "file");
        CheckedFile.Write(path, payload);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(int)((uint)keep % (uint)bytes.Length)]);
        Assert.Null(CheckedFile.Read(path, out var damaged));
        Assert.True(damaged);
    }

    [Fact]
    public void DamagedSpirv_IsIgnored_CountedAndReplaced()
    {
        new SpirvCache(_root.FullName).Store("key", [1, 2, 3]);
        var file = Path.Combine(_root.FullName, "spirv", "key.spv");
        File.WriteAllText(file, "rubbish");
        var cache = new SpirvCache(_root.FullName);
        Assert.Null(cache.Find("key"));
        Assert.Equal(1, cache.Damaged);
        cache.Store("key", [4, 5]);
        Assert.Equal([4, 5], new SpirvCache(_root.FullName).Find("key"));
    }

    [Fact]
    public void Folders_AreForTheOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
            return;
        var root = Path.Combine(_root.FullName, "cache");
        Directory.CreateDirectory(root, (UnixFileMode)0b111_111_111);
        new SpirvCache(root).Store("key", [1]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(root));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(root, "spirv")));
    }

    [Fact]
    public void FolderThatCannotBeMade_IsNoError()
    {
        var file = Path.Combine(_root.FullName, "a file");
        File.WriteAllText(file, "");
        var cache = new SpirvCache(file);
        cache.Store("key", [1]);
        Assert.Equal([1], cache.Find("key")); // remembered in memory
    }

    [Fact]
    public void Writers_AtTheSameTime_LeaveOneWholeFile()
    {
        var path = Path.Combine(_root.FullName, "file");
        Parallel.For(0, 64, i =>
        {
            CheckedFile.Write(path, Enumerable.Repeat((byte)i, 10_000).ToArray());
            var read = CheckedFile.Read(path, out var damaged);
            Assert.False(damaged);
            Assert.Single(read!.Distinct());
        });
        Assert.Single(_root.EnumerateFiles()); // no temporary file stays behind
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DamagedPipelineCache_NeverReachesTheDriver(string driver)
    {
        using var device = Drivers.Open(driver);
        var folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "pipelines"));
        using (var first = new PipelineCache(device, _root.FullName))
        {
            Assert.Equal(0, first.Damaged);
            first.Save();
        }
        using (new PipelineCache(device, _root.FullName)) { }
        foreach (var name in folder.EnumerateFiles().Select(f => f.FullName).DefaultIfEmpty(Path.Combine(folder.FullName, PipelineCache.FileName(device.Description))).ToArray())
            File.WriteAllText(name, "rubbish");
        using var again = new PipelineCache(device, _root.FullName);
        Assert.Equal(1, again.Damaged);
    }

    [Fact]
    public void Compiler_UsesWhatAnotherOneLeft()
    {
        const string Shader = "#version 450\nvoid main() {}\n";
        var first = new ShaderCompiler(cache: new SpirvCache(_root.FullName));
        var second = new ShaderCompiler(cache: new SpirvCache(_root.FullName));
        Assert.Equal(first.Compile(new("E.comp", Shader)), second.Compile(new("E.comp", Shader)));
        Assert.Equal((1, 0), (first.Compiled, second.Compiled));
    }
}
