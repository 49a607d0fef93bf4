using System.CommandLine;
using System.Diagnostics;
using Forge.Cli.Measuring;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary><c>forge try-variant</c>, hidden: checks and times variants as stdin asks. <c>tune</c> and <c>lab</c> start it, so that what a kernel breaks is this process.</summary>
internal static class TryVariantCommand
{
    private const string Name = "try-variant";

    public static Command Build() => new Command(Name, "Answer questions about variants, a line of JSON each.") { Hidden = true }.Does(Run);

    /// <summary>This program as a trial process on a device.</summary>
    /// <param name="device">The device's index.</param>
    /// <param name="shaders">The folder that replaces the built-in shaders; null for none.</param>
    /// <param name="command">Which of the hidden commands.</param>
    public static TrialProgram Program(int device, string? shaders = null, string command = Name)
    {
        var program = ChildProgram.Forge([command, "--device", device.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        var environment = new Dictionary<string, string> { ["FORGE_TUNE"] = "off" };
        if (shaders is not null) environment["FORGE_SHADERS"] = shaders;
        return new(program.File, program.Arguments, environment);
    }

    private static int Run(Invocation invocation)
    {
        using var answers = new StreamWriter(Console.OpenStandardOutput());
        TrialServer.Run(Console.In, answers,
            mode => new VulkanBackend(new() { Device = invocation.EngineOptions.Device, Mode = mode }),
            TrialWorkloads.Find, () => Process.GetCurrentProcess().Kill());
        return ExitCode.Success;
    }
}
