namespace Forge.Cli.Tests;

/// <summary>A program with shaders compiled beforehand needs no compiler for its models, and says what it lacks for the rest.</summary>
public class BakeTests
{
    private static readonly string[] s_step = ["bench", "step", "--model", "cnn28", "--iters", "1", "--warmup", "0"];

    [DriverFact]
    public void Models_TrainWithThePackAlone()
    {
        using var folder = new TemporaryFolder();
        ForgeProgram.Run("bake", "--models-only", "--pack", folder["p.pack"]).MustExit(0);
        // FORGE_DEBUG=3 tells of each shader compiled.
        var step = ForgeProgram.Run(s_step, environment: Environment(folder, folder["p.pack"])).MustExit(0);
        Assert.DoesNotContain("forge: compiled", step.Stderr, StringComparison.Ordinal);
        Assert.Contains("forge: built", step.Stderr, StringComparison.Ordinal);
        var training = ForgeProgram.Run(["train", "cnn", "--data", TinyImages.Write(folder["images"]), "--size", "28", "--epochs", "1"], folder.Path, Environment(folder, folder["p.pack"])).MustExit(0);
        Assert.DoesNotContain("forge: compiled", training.Stderr, StringComparison.Ordinal);
    }

    [DriverFact]
    public void DamagedPack_IsIgnored()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["p.pack"], "not a pack");
        var run = ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "1"], environment: Environment(folder, folder["p.pack"])).MustExit(0);
        Assert.Contains("ignored the damaged shader pack", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("forge: compiled", run.Stderr, StringComparison.Ordinal);
    }

    [DriverFact]
    public void NoCompilerAndNoPack_NamesWhatIsMissing()
    {
        if (File.Exists("/usr/bin/glslc")) return; // it brings the compiler with it, wherever FORGE_SHADERC points
        using var folder = new TemporaryFolder();
        var environment = Environment(folder, folder["none.pack"]);
        (environment["FORGE_SHADERC"], environment["PATH"], environment["FORGE_DEBUG"]) = (folder["nowhere", "libshaderc.so.1"], folder.Path, null);
        ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "8x8"], environment: environment).MustExit(4).MustComplain("No shader compiler, libshaderc", folder["nowhere"]);
        // With a pack, what is not in it is named.
        ForgeProgram.Run("bake", "--models-only", "--pack", folder["p.pack"]).MustExit(0);
        environment["FORGE_PACK"] = folder["p.pack"];
        ForgeProgram.Run(["bench", "op", "--op", "maxpool", "--shape", "8x8x8x3", "--variant", "portable"], environment: environment).MustExit(0);
        var shaders = Directory.CreateDirectory(folder["shaders"]).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(ForgeProgram.Repository, "shaders"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(shaders, Path.GetRelativePath(Path.Combine(ForgeProgram.Repository, "shaders"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, File.ReadAllText(file) + (Path.GetFileName(file) == "MaxPool2D.comp" ? "// edited\n" : ""));
        }
        environment["FORGE_SHADERS"] = shaders;
        ForgeProgram.Run(["bench", "op", "--op", "maxpool", "--shape", "8x8x8x3", "--variant", "portable"], environment: environment)
            .MustExit(4).MustComplain("MaxPool2D.comp is not among the shaders that came with the program ready compiled", "libshaderc");
    }

    private static Dictionary<string, string?> Environment(TemporaryFolder folder, string pack) =>
        new() { ["FORGE_PACK"] = pack, ["FORGE_DEBUG"] = "3", ["XDG_CACHE_HOME"] = Directory.CreateDirectory(folder["cache"]).FullName };
}
