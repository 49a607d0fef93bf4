using System.Text.RegularExpressions;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tests;

/// <summary>The rules that the folders keep: references point one way, and an op, its kernel and its shaders have one stem.</summary>
public sealed partial class LayoutTests
{
    private static readonly string s_root = FindRoot();

    [Fact]
    public void Projects_Reference_OnlyTowardsTheCore()
    {
        Assert.Equal(["Forge.Generators"], References("src/Forge.Core"));
        Assert.Equal(["Forge.Core", "Forge.Generators"], References("src/Forge.Vulkan"));
        Assert.Equal(["Forge.Core"], References("src/Forge.Models"));
        Assert.Equal(["Forge.Models", "Forge.Vulkan"], References("src/Forge.Cli"));
        Assert.Empty(References("src/Forge.Generators"));
    }

    [Fact]
    public void Assemblies_Reference_OnlyTowardsTheCore()
    {
        static string[] Own(System.Reflection.Assembly assembly) =>
            [.. assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Forge", StringComparison.Ordinal))];
        Assert.Empty(Own(typeof(Op).Assembly));
        Assert.Equal(["Forge.Core"], Own(typeof(Kernel).Assembly));
    }

    [Fact]
    public void Ops_ThatComputeSomething_HaveAKernel()
    {
        foreach (var entry in OpTable.Entries)
        {
            var op = entry.Sample(new Draw([])).Op;
            if (op is ElementwiseOp or PackOp or LeafOp || op.IsView) continue;
            Assert.True(KernelTable.Find(op) is not null, $"{op.GetType().Name} is no elementwise op and no view, but src/Forge.Vulkan/Kernels has no kernel for it.");
        }
    }

    [Fact]
    public void Kernels_HaveAnOpOfTheSameStem_AndAPortableShader()
    {
        foreach (var kernel in KernelTable.Kernels)
        {
            var stem = kernel.OpType.Name;
            stem = stem.EndsWith("Op", StringComparison.Ordinal) ? stem[..^2] : stem;
            Assert.True(kernel.Stem == stem || $"Fused{kernel.Stem}" == stem, $"{kernel.GetType().Name} runs {kernel.OpType.Name}: the stems differ.");
            Assert.True(File.Exists(Path.Combine(s_root, "src/Forge.Vulkan/Kernels", $"{kernel.Stem}Kernel.cs")), $"{kernel.Stem}Kernel.cs is missing.");
            Assert.True(File.Exists(Path.Combine(s_root, "shaders", $"{kernel.Stem}.comp")), $"shaders/{kernel.Stem}.comp is missing.");
        }
    }

    [Fact]
    public void Shaders_HaveAKernelOfTheirStem_AndAHeader()
    {
        var stems = KernelTable.Kernels.Select(k => k.Stem).ToHashSet();
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(s_root, "src/Forge.Vulkan"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText));
        foreach (var path in Directory.EnumerateFiles(Path.Combine(s_root, "shaders"), "*.comp"))
        {
            var name = Path.GetFileName(path);
            // A shader that several kernels share, or the probe, has no stem of its own; then something must name it.
            Assert.True(stems.Contains(name[..name.IndexOf('.', StringComparison.Ordinal)]) || sources.Contains($"\"{name}\"", StringComparison.Ordinal),
                $"shaders/{name} has no kernel of its stem and nothing in src/Forge.Vulkan names it.");
            var lines = File.ReadLines(path).Take(2).ToArray();
            Assert.True(lines[0].StartsWith("#version", StringComparison.Ordinal) && lines[1].StartsWith("// ", StringComparison.Ordinal), $"shaders/{name} does not open with its contract.");
        }
        Assert.Empty(Directory.EnumerateFiles(s_root, "*.spv", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden }));
    }

    private static string[] References(string project)
    {
        var file = Directory.EnumerateFiles(Path.Combine(s_root, project), "*.csproj").Single();
        return [.. ProjectReference().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    /// <summary>The repository's folder.</summary>
    internal static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Forge.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [GeneratedRegex("<ProjectReference Include=\"[^\"]*/([^/\"]+)\\.csproj\"")]
    private static partial Regex ProjectReference();
}
