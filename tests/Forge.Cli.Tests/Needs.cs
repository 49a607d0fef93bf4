using System.Text.RegularExpressions;

namespace Forge.Cli.Tests;

/// <summary>What tests need and a machine may lack. A test that lacks it is skipped and says so.</summary>
internal static class Needs
{
    /// <summary>Null where the program finds a device; else why not.</summary>
    public static string? MissingDriver { get; } = FindDriver();

    /// <summary>The Fashion-MNIST folder; null where there is none.</summary>
    public static string? FashionMnist { get; } = new[]
    {
        Environment.GetEnvironmentVariable("FORGE_DATA"),
        Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") ?? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".local", "share"), "forge", "datasets", "fashion-mnist"),
        "/usr/share/datasets/fashion-mnist",
    }.FirstOrDefault(folder => folder is not null && File.Exists(Path.Combine(folder, "train-images-idx3-ubyte.gz")));

    /// <summary>The manifests of the drivers under test, by name (FORGE_TEST_ICD_name).</summary>
    public static string? Manifest(string driver) => Environment.GetEnvironmentVariable("FORGE_TEST_ICD_" + driver) is { Length: > 0 } path && File.Exists(path) ? path : null;

    /// <summary>Null where the program finds the validation layer; else that it does not.</summary>
    public static string? MissingValidation { get; } = MissingDriver ?? FindValidation();

    private static string? FindValidation()
    {
        // Anything else that goes wrong is nothing that the machine lacks: the tests shall meet it.
        var run = ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "1"], environment: new Dictionary<string, string?> { ["FORGE_VALIDATION"] = "1" });
        return run.Stderr.Contains("VK_LAYER_KHRONOS_validation is not installed", StringComparison.Ordinal) ? "needs the Vulkan validation layer; ./forge test fetches it" : null;
    }

    private static string? FindDriver()
    {
        var run = ForgeProgram.Run("devices", "--no-measure", "--quiet");
        return run.ExitCode == 0 ? null : "no Vulkan device here: " + Regex.Replace(run.Stderr.Trim(), @"\s+", " ");
    }
}

/// <summary>A test that needs a device.</summary>
public sealed class DriverFactAttribute : FactAttribute
{
    public DriverFactAttribute() => Skip = Needs.MissingDriver;
}

/// <summary>A test of several rows that needs a device.</summary>
public sealed class DriverTheoryAttribute : TheoryAttribute
{
    public DriverTheoryAttribute() => Skip = Needs.MissingDriver;
}

/// <summary>A test of several rows that take minutes, run by ./forge test --all, that needs a device.</summary>
public sealed class LongDriverTheoryAttribute : TheoryAttribute
{
    public LongDriverTheoryAttribute() => Skip = Needs.MissingDriver ?? (Environment.GetEnvironmentVariable("FORGE_TEST_TIER") == "all" ? null : "takes minutes; ./forge test --all runs it");
}

/// <summary>A test that needs a device and the validation layer.</summary>
public sealed class ValidationFactAttribute : FactAttribute
{
    public ValidationFactAttribute() => Skip = Needs.MissingValidation;
}

/// <summary>A test of several rows that needs a device and the validation layer.</summary>
public sealed class ValidationTheoryAttribute : TheoryAttribute
{
    public ValidationTheoryAttribute() => Skip = Needs.MissingValidation;
}

/// <summary>A test that needs a device and Fashion-MNIST.</summary>
public sealed class FashionMnistFactAttribute : FactAttribute
{
    public FashionMnistFactAttribute() =>
        Skip = Needs.MissingDriver ?? (Needs.FashionMnist is null ? "Fashion-MNIST is not here; ./forge train cnn fetches it" : null);
}

/// <summary>A test that needs a software driver by name: mesa25, mesa22, swiftshader.</summary>
public sealed class NamedDriverFactAttribute : FactAttribute
{
    public NamedDriverFactAttribute(string driver)
    {
        Driver = driver;
        Skip = Needs.MissingDriver ?? (Needs.Manifest(driver) is null ? $"needs the driver {driver}; ./forge test{(driver == "mesa22" ? " --all" : "")} fetches it" : null);
    }

    public string Driver { get; }
}

/// <summary>A test that needs two drivers at once.</summary>
public sealed class TwoDriversFactAttribute : FactAttribute
{
    public TwoDriversFactAttribute() => Skip = Needs.MissingDriver
        ?? (Needs.Manifest("mesa25") is null || Needs.Manifest("swiftshader") is null ? "needs both Mesa 25 and SwiftShader; ./forge test fetches them" : null);
}

/// <summary>A test of minutes, run by ./forge test --all, that needs a device and Fashion-MNIST.</summary>
public sealed class LongFashionMnistFactAttribute : FactAttribute
{
    public LongFashionMnistFactAttribute() => Skip = new FashionMnistFactAttribute().Skip
        ?? (Environment.GetEnvironmentVariable("FORGE_TEST_TIER") == "all" ? null : "takes minutes; ./forge test --all runs it");
}
