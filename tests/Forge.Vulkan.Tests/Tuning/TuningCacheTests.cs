using Forge.Core;
using Forge.Vulkan.Tuning;
using FsCheck.Xunit;

namespace Forge.Vulkan.Tests.Tuning;

public sealed class TuningCacheTests : IDisposable
{
    private const string Device = "device 1 driver 2";
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge tuning ");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Choice_IsFoundByAnotherProcess_ForItsInputs_ThenForItsBucket()
    {
        Open().Add(Choice("MatMul", 100, "lane/a"));
        Open().Add(Choice("MatMul", 101, "lane/b"));
        Assert.Equal(ShapeBucket.Of([Type(100)]), ShapeBucket.Of([Type(101)]));
        Assert.Equal(["lane/a", "lane/b"], Find("MatMul", 100));
        Assert.Equal(["lane/b", "lane/a"], Find("MatMul", 101));
        Assert.Equal(["lane/b", "lane/a"], Find("MatMul", 99)); // the latest first
        Assert.Empty(Find("MatMul", 200));
        Assert.Empty(Find("Conv2D", 100));
    }

    [Property]
    public void File_WithAnyByteChanged_IsNoFile_AndTheNextChoiceReplacesIt(int at, byte change)
    {
        var cache = Open();
        cache.Forget();
        cache.Add(Choice("MatMul", 100, "lane/a"));
        var bytes = File.ReadAllBytes(cache.File!);
        bytes[(int)((uint)at % (uint)bytes.Length)] ^= (byte)(change | 1);
        File.WriteAllBytes(cache.File!, bytes);
        var damaged = Open();
        Assert.Empty(damaged.Known.Choices);
        Assert.Equal(1, damaged.Damaged);
        damaged.Add(Choice("Conv2D", 100, "lane/b"));
        Assert.Equal(["lane/b"], Open().Known.Choices.Select(c => c.Variant));
    }

    // Whole and undamaged, but of another device, or of a form that another version wrote: as somebody who copies files about would leave it.
    [Fact]
    public void ForeignFile_IsNotTrusted()
    {
        var other = new TuningCache(_root.FullName, "another device");
        other.Add(Choice("MatMul", 100, "lane/a"));
        other.Add(Quarantined("lane/b"));
        File.Copy(other.File!, Open().File!);
        Assert.Empty(Open().Known.Choices);
        Assert.Empty(Open().Known.Quarantined);

        foreach (var text in (string[])["", "[]", "{}", "null", $"{{\"Device\":\"{Device}\"}}", $"{{\"Device\":\"{Device}\",\"Choices\":[null],\"Quarantined\":3}}"])
        {
            CheckedFile.Write(Open().File!, System.Text.Encoding.UTF8.GetBytes(text));
            var cache = Open();
            Assert.Empty(cache.Known.Choices);
            Assert.Equal(1, cache.Damaged);
        }
    }

    [Fact]
    public void Writers_AtTheSameTime_LoseNothing()
    {
        // Each opens the cache as a process does, and knows nothing of the others.
        Parallel.For(0, 24, i =>
        {
            Open().Add(Choice($"op {i}", 100, "lane/a"));
            Open().Add(Quarantined($"lane/{i}"));
        });
        Assert.Equal(24, Open().Known.Choices.Count);
        Assert.Equal(24, Open().Known.Quarantined.Count);
    }

    [Fact]
    public void LaterChoice_ReplacesTheEarlier_AndOneOfOtherShadersStandsBeside()
    {
        Open().Add(Choice("MatMul", 100, "lane/a"));
        Open().Add(Choice("MatMul", 100, "lane/b"));
        Assert.Equal(["lane/b"], Find("MatMul", 100));
        Open().Add(Choice("MatMul", 100, "lane/c", shaders: "edited"));
        Assert.Equal(["lane/c", "lane/b"], Find("MatMul", 100));
        for (var i = 0; i < 20; i++) Open().Add(Choice("MatMul", 100, "lane/d", shaders: $"edited {i}"));
        Assert.InRange(Open().Known.Choices.Count, 2, 10); // somebody edits shaders all day: the file does not grow
    }

    [Fact]
    public void Forget_DropsChoicesAndQuarantine_WhateverAnotherProcessStillKnows()
    {
        var other = Open();
        other.Add(Choice("MatMul", 100, "lane/a"));
        other.Add(Quarantined("lane/b"));
        Open().Forget();
        other.Add(Choice("Conv2D", 100, "lane/c"));
        Assert.Equal(["lane/c"], Open().Known.Choices.Select(c => c.Variant));
        Assert.Empty(Open().Known.Quarantined);
    }

    [Fact]
    public void Folder_IsForTheOwnerAlone()
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Open().File!)!));
    }

    [Fact]
    public void NoFolder_IsRememberedForThisProcess()
    {
        var cache = new TuningCache(null, Device);
        cache.Add(Choice("MatMul", 100, "lane/a"));
        Assert.Single(cache.Find("MatMul", Type(100).ToString(), ShapeBucket.Of([Type(100)])));
    }

    private TuningCache Open() => new(_root.FullName, Device);

    private IEnumerable<string> Find(string op, int rows) => Open().Find(op, Type(rows).ToString(), ShapeBucket.Of([Type(rows)])).Select(c => c.Variant);

    private static TensorType Type(int rows) => new(DType.F32, new Shape(rows, 8));

    private static TunedChoice Choice(string op, int rows, string variant, string shaders = "") =>
        new(op, Type(rows).ToString(), ShapeBucket.Of([Type(rows)]), shaders, variant, 1, "portable/a", 2, DateTime.UtcNow);

    private static QuarantinedVariant Quarantined(string variant) => new("MatMul", variant, "", Verdict.Hung, "no answer", "a product", DateTime.UtcNow);
}
