using System.Runtime.InteropServices;
using Forge.Core;
using FsCheck.Xunit;

namespace Forge.Vulkan.Tests;

/// <summary>What tests need and a machine may lack. A test that lacks it is skipped and says so.</summary>
internal static class Needs
{
    /// <summary>Null where there is a Vulkan loader; else why not.</summary>
    public static string? MissingLoader { get; } = Problem(() => new VulkanApi().Dispose());

    /// <summary>Null where a driver is to be tested; else why none is.</summary>
    // A driver that is listed counts as here: where it does not open, the tests fail and say so.
    public static string? MissingDriver { get; } = MissingLoader ?? Drivers.Names() switch
    {
        [] => "FORGE_TEST_ONLY_DRIVERS names no driver that is here",
        ["system"] => Problem(() => Drivers.Open("system", shared: true).Dispose()),
        _ => null,
    };

    /// <summary>Null where the validation layer is installed; else that it is not.</summary>
    public static string? MissingValidation { get; } = WhyNoValidation();

    /// <summary>What <see cref="MissingValidation"/> is in the environment of this moment.</summary>
    public static string? WhyNoValidation() => MissingDriver
        ?? (Problem(() => Drivers.Open(Drivers.Names()[0], new() { Validation = true, Mode = BufferMode.Descriptor }, shared: true).Dispose()) is { } problem
            && problem.Contains("VK_LAYER_KHRONOS_validation", StringComparison.Ordinal) ? "needs the Vulkan validation layer; ./forge test fetches it" : null);

    /// <summary>Null where a Mesa of the tests' own is here.</summary>
    public static string? MissingMesa { get; } = MissingDriver
        ?? (Drivers.Names("mesa25", "mesa22").Count > 0 ? null : "needs the driver mesa25 or mesa22; ./forge test fetches mesa25");

    /// <summary>The first driver whose limits and quirks offer the lane chain; null where none does.</summary>
    public static string? DriverWithLaneChain { get; } = MissingDriver is not null ? null : Drivers.Names().FirstOrDefault(driver =>
    {
        using var device = Drivers.Open(driver, new() { Mode = BufferMode.Address }, shared: true);
        return device.Limits.HasLaneChain;
    });

    /// <summary>The first driver with cooperative matrices that the shader compiler here knows; null where none has them.</summary>
    public static string? DriverWithMatrices { get; } = MissingDriver is not null ? null : Drivers.Names().FirstOrDefault(driver =>
    {
        using var device = new DeviceUnderTest(driver, shared: true);
        return device.Device.Limits.Matrices.Count > 0;
    });

    /// <summary>Null where there is a shader compiler; else why not.</summary>
    public static string? MissingCompiler { get; } = Problem(() => Shaderc.MustBeThere(null));

    /// <summary>Null where spirv-val can be run; else that it cannot.</summary>
    public static string? MissingValidator { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "spirv-val"))) ? null
        : "needs spirv-val (apt install spirv-tools; dnf, pacman and brew: spirv-tools)";

    private static string? Problem(Action attempt)
    {
        try
        {
            attempt();
            return null;
        }
        catch (DeviceException problem)
        {
            // A call that failed or a message of the layer is nothing that the machine lacks: the tests shall meet it.
            return problem is VulkanException or ValidationException ? null : problem.Message.ReplaceLineEndings(" ");
        }
    }
}

/// <summary>A test that needs a Vulkan loader.</summary>
public sealed class LoaderFactAttribute : FactAttribute
{
    public LoaderFactAttribute() => Skip = Needs.MissingLoader;
}

/// <summary>A test on a driver that counts what the C library has handed out.</summary>
public sealed class CountedMemoryFactAttribute : FactAttribute
{
    public CountedMemoryFactAttribute() => Skip = Needs.MissingDriver
        ?? (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallinfo2", out _)
            ? null : "counts the C library's memory, as glibc does from 2.33 on");
}

/// <summary>A test of several rows that needs a Vulkan loader.</summary>
public sealed class LoaderTheoryAttribute : TheoryAttribute
{
    public LoaderTheoryAttribute() => Skip = Needs.MissingLoader;
}

/// <summary>A test on the first driver.</summary>
public sealed class DriverFactAttribute : FactAttribute
{
    public DriverFactAttribute() => Skip = Needs.MissingDriver;
}

/// <summary>A property on the first driver.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DriverPropertyAttribute : PropertyAttribute
{
    public DriverPropertyAttribute() => Skip = Needs.MissingDriver;
}

/// <summary>A test of a row per driver.</summary>
public sealed class DriverTheoryAttribute : TheoryAttribute
{
    public DriverTheoryAttribute() => Skip = Needs.MissingDriver;
}

/// <summary>A test of a row per driver that needs the validation layer.</summary>
public sealed class ValidationTheoryAttribute : TheoryAttribute
{
    public ValidationTheoryAttribute() => Skip = Needs.MissingValidation;
}

/// <summary>A test of a row per Mesa driver and subgroup size.</summary>
public sealed class MesaTheoryAttribute : TheoryAttribute
{
    public MesaTheoryAttribute() => Skip = Needs.MissingMesa;
}

/// <summary>A test of one driver by name: mesa25, mesa22, swiftshader.</summary>
public sealed class NamedDriverFactAttribute : FactAttribute
{
    public NamedDriverFactAttribute(string driver)
    {
        Driver = driver;
        Skip = Needs.MissingDriver ?? (Drivers.Names(driver).Count > 0 ? null : $"needs the driver {driver}; ./forge test{(driver == "mesa22" ? " --all" : "")} fetches it");
    }

    public string Driver { get; }
}

/// <summary>A test that needs a driver with cooperative matrices, and a shader compiler that knows them.</summary>
public sealed class MatrixFactAttribute : FactAttribute
{
    public MatrixFactAttribute() =>
        Skip = Needs.MissingDriver ?? (Needs.DriverWithMatrices is null ? "no driver here has cooperative matrices that the shader compiler knows: llvmpipe of Mesa 26.1 has them, Debian 13's libshaderc knows them" : null);
}

/// <summary>A test that needs the shader compiler, and spirv-val where it says so; no driver.</summary>
public sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute(bool validator = false) => Skip = Needs.MissingCompiler ?? (validator ? Needs.MissingValidator : null);
}

/// <summary>A test of several rows that needs the shader compiler, and spirv-val where it says so; no driver.</summary>
public sealed class CompilerTheoryAttribute : TheoryAttribute
{
    public CompilerTheoryAttribute(bool validator = false) => Skip = Needs.MissingCompiler ?? (validator ? Needs.MissingValidator : null);
}

/// <summary>A test that needs a driver that runs subgroups in order.</summary>
public sealed class LaneChainFactAttribute : FactAttribute
{
    public LaneChainFactAttribute() =>
        Skip = Needs.MissingDriver ?? (Needs.DriverWithLaneChain is null ? "no driver here runs subgroups of eight in order; ./forge test fetches one (mesa25)" : null);
}
