using System.Collections;

namespace Forge.Vulkan;

/// <summary>The environment's FORGE_ switches that the device layer reads.</summary>
/// <threadsafety>Safe.</threadsafety>
public static class Switches
{
    /// <summary>Every switch Forge knows; docs/cli.md explains them.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        "FORGE_DEVICE", "FORGE_VALIDATION", "FORGE_DEBUG", "FORGE_DUMP", "FORGE_SEED", "FORGE_BUFFERS", "FORGE_SHADERS", "FORGE_STATS", "FORGE_TUNE", "FORGE_CHAIN",
        "FORGE_VULKAN_LOADER", "FORGE_SHADERC", "FORGE_SETUP", "FORGE_DATA", "FORGE_OS_RELEASE", "FORGE_PYTHON", "FORGE_PACK", Core.InputLimits.Switch, Core.FolderBounds.Switch,
    ];

    /// <summary>Names in the environment that start with FORGE_ and mean nothing to Forge.</summary>
    /// <remarks>FORGE_TEST_ is left to the tests.</remarks>
    public static IReadOnlyList<string> Unknown() =>
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => (string)e.Key)
            .Where(name => name.StartsWith("FORGE_", StringComparison.Ordinal) && !name.StartsWith("FORGE_TEST_", StringComparison.Ordinal) && !Known.Contains(name))
            .Order(StringComparer.Ordinal)];

    /// <summary>FORGE_VALIDATION=1|gpu: run under the Khronos validation layer.</summary>
    internal static bool Validation => Flag("FORGE_VALIDATION");

    /// <summary>FORGE_VALIDATION=gpu: the layer adds checks to shaders, too.</summary>
    internal static bool GpuAssisted => Environment.GetEnvironmentVariable("FORGE_VALIDATION") == "gpu";

    /// <summary>FORGE_TUNE=cached|off: whether tuned choices are used. They are made by <c>forge tune</c> alone.</summary>
    /// <exception cref="Core.DeviceException">It is something else.</exception>
    internal static bool Tuned => Environment.GetEnvironmentVariable("FORGE_TUNE") switch
    {
        null or "" or "cached" => true,
        "off" => false,
        var other => throw new Core.DeviceException($"FORGE_TUNE is '{other}'; it can be cached or off."),
    };

    /// <summary>FORGE_CHAIN=on|off: whether kernels may lean on subgroups that run in order, where the driver is known to and the probe agrees.</summary>
    /// <exception cref="Core.DeviceException">It is something else.</exception>
    internal static bool Chain => Environment.GetEnvironmentVariable("FORGE_CHAIN") switch
    {
        null or "" or "on" => true,
        "off" => false,
        var other => throw new Core.DeviceException($"FORGE_CHAIN is '{other}'; it can be on or off."),
    };

    /// <summary>FORGE_DEBUG=0..4: how much to say on stderr.</summary>
    internal static int Debug => int.TryParse(Environment.GetEnvironmentVariable("FORGE_DEBUG"), out var level) ? level : 0;

    /// <summary>FORGE_DUMP=FOLDER: where to write each kernel's GLSL and SPIR-V, or null.</summary>
    internal static string? Dump => Environment.GetEnvironmentVariable("FORGE_DUMP") is { Length: > 0 } folder ? folder : null;

    /// <summary>Says something on stderr if FORGE_DEBUG is at least <paramref name="level"/>.</summary>
    internal static void Log(int level, string message)
    {
        if (Debug >= level)
            Console.Error.WriteLine("forge: " + message);
    }

    private static bool Flag(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && value != "0";
}
