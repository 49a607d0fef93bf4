using System.CommandLine;
using System.Diagnostics;
using Forge.Vulkan;
using Forge.Vulkan.Checking;

namespace Forge.Cli.Commands;

/// <summary><c>forge check-case</c>, hidden: checks cases as stdin asks. <c>check</c> starts it, so that what a kernel breaks is this process.</summary>
internal static class CheckCaseCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "check-case";

    public static Command Build() => new Command(Name, "Answer questions about cases of ops, a line of JSON each.") { Hidden = true }.Does(Run);

    private static int Run(Invocation invocation)
    {
        using var answers = new StreamWriter(Console.OpenStandardOutput());
        using var bench = new CheckBench(setting => CheckDevice.Open(options => new Device(options with { Device = invocation.EngineOptions.Device }), setting));
        bench.Serve(Console.In, answers, () => Process.GetCurrentProcess().Kill());
        return ExitCode.Success;
    }
}
