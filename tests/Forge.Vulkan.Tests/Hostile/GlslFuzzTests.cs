using System.Text;
using Forge.Core;
using Forge.Fuzzing;
using Xunit.Abstractions;

namespace Forge.Vulkan.Tests.Hostile;

/// <summary>Kernels that strangers wrote: what they include lies in their folder, whatever their directives say.</summary>
public sealed class GlslFuzzTests : IDisposable
{
    private const string Secret = "float secret() { return 42.0; }";

    private static readonly string[] s_names =
    [
        "one.glsl", "parts/two.glsl", "./one.glsl", "././one.glsl", "parts/../one.glsl", "parts//two.glsl", "parts\\two.glsl", "..", ".", "../secret.glsl", "parts/../../secret.glsl", "..\\secret.glsl", "parts\\..\\..\\secret.glsl",
        "link.glsl", "away/secret.glsl", "up/secret.glsl", "/etc/passwd", "/dev/zero", "//etc/passwd", "\0", "one.glsl\0", "a\0b/c", "pipe.glsl", "parts", "math.glsl", "buffers.glsl", "missing.glsl", "self.glsl", "mutual.glsl", "~/.bashrc", "$HOME", "C:\\x", "file:///etc/passwd",
        new('x', 300), new('x', 5000), "x/" + new string('y', 300), string.Concat(Enumerable.Repeat("x/", 2500)), "\u001b[2J", "é.glsl",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("forge glsl ").FullName;
    private readonly string _outside;
    private readonly ITestOutputHelper _output;

    public GlslFuzzTests(ITestOutputHelper output)
    {
        _output = output;
        _outside = Path.Combine(_folder, "secret.glsl");
        File.WriteAllText(_outside, Secret);
        Own = Path.Combine(_folder, "own");
        Directory.CreateDirectory(Path.Combine(Own, "parts"));
        Write("one.glsl", "#include \"parts/two.glsl\"\nfloat one() { return 1.0; }");
        Write("parts/two.glsl", "float two() { return 2.0; }");
        Write("self.glsl", "#include \"self.glsl\"\n#include \"./self.glsl\"\n");
        Write("mutual.glsl", "#include \"other.glsl\"\n");
        Write("other.glsl", "#include \"mutual.glsl\"\n");
        File.CreateSymbolicLink(Path.Combine(Own, "link.glsl"), _outside);
        File.CreateSymbolicLink(Path.Combine(Own, "away"), _folder);
        Directory.CreateSymbolicLink(Path.Combine(Own, "up"), "..");
        if (!OperatingSystem.IsWindows()) System.Diagnostics.Process.Start("mkfifo", [Path.Combine(Own, "pipe.glsl")]).WaitForExit();
    }

    private string Own { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhateverAKernelIncludes_LiesInItsFolder()
    {
        byte[][] kernels = [.. ((string[])["#version 450\nvoid main() {}\n", "#include \"one.glsl\"\nvoid main() {}\n", "  #  include \"parts/two.glsl\"\n#include \"math.glsl\"\n"]).Select(Encoding.UTF8.GetBytes)];
        var target = new FuzzTarget("GLSL and its includes", kernels, kernel =>
        {
            Write("kernel.comp", Encoding.UTF8.GetString(kernel));
            var (_, text, includes) = GlslSource.FromFile(Path.Combine(Own, "kernel.comp")).Read("inline");
            Assert.DoesNotContain(includes, i => i.Text.Contains("secret", StringComparison.Ordinal) || i.Text.Contains("root:", StringComparison.Ordinal));
            _ = new ShaderSource().Includes(text, includes);
        }, typeof(ShaderException))
        {
            Edits = [TextMutations.OfBytes, AddDirective, AddDirective],
            AllocationLimit = length => (16 << 20) + 256L * length, // a buffer of the longest kernel for each file
        };
        _output.WriteLine(FuzzRun.Of(target).ToString());
    }

    // Each name is the same file, and the file includes them all: every one would be read in every other.
    [Fact]
    public void FileUnderManyNames_IsRefused()
    {
        Write("many.glsl", string.Concat(Enumerable.Range(1, 300).Select(i => $"#include \"{string.Concat(Enumerable.Repeat("./", i))}many.glsl\"\n")));
        Assert.Contains("no name of a file", MessageOf("#include \"many.glsl\"\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void FileIncludedTenThousandTimes_IsReadOnce()
    {
        var kernel = Write("kernel.comp", string.Concat(Enumerable.Repeat("#include \"math.glsl\"\n#include \"parts/two.glsl\"\n", 5000)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(GlslSource.FromFile(kernel).Read("inline").Includes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void IncludesDeeperThanTheLimit_AreRefused()
    {
        for (var i = 0; i < 150; i++) Write($"deep{i}.glsl", $"#include \"deep{i + 1}.glsl\"\n");
        Assert.Contains($"deep{InputLimits.Current.GlslFiles - 1}.glsl:1: #include \"deep{InputLimits.Current.GlslFiles}.glsl\" is one more than", MessageOf("#include \"deep0.glsl\"\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\0b"), InlineData("."), InlineData("./one.glsl"), InlineData("parts//two.glsl")]
    public void NameThatIsNone_IsRefused(string name) => Assert.Contains("kernel.comp:1: #include", MessageOf($"#include \"{name}\"\n"), StringComparison.Ordinal);

    [Fact]
    public void NameLongerThanAnyFilesIs_IsRefused() => Assert.InRange(MessageOf($"#include \"{new string('x', 5000)}\"\n").Length, 50, 500);

    [Fact]
    public void PipeAmongTheFiles_IsNotWaitedFor() => Assert.Equal("", Assert.Single(Read("#include \"pipe.glsl\"\n")).Text);

    private IReadOnlyList<(string Name, string Text)> Read(string kernel) => GlslSource.FromFile(Write("kernel.comp", kernel)).Read("inline").Includes;

    private string MessageOf(string kernel) => Assert.Throws<ShaderException>(() => Read(kernel)).Message;

    private static byte[] AddDirective(Random random, byte[] input, byte[] other) =>
        [.. Encoding.UTF8.GetBytes($"{TextMutations.OneOf(random, ["", " ", "\t", "/* */", "//"])}#{TextMutations.OneOf(random, ["", " "])}include \"{TextMutations.OneOf(random, s_names)}\"\n"), .. input];

    private string Write(string name, string text)
    {
        var path = Path.Combine(Own, name);
        File.WriteAllText(path, text);
        return path;
    }
}
