using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan;

namespace Forge.Cli;

/// <summary>Opens the engine a command asks for, and says on which device.</summary>
internal static class EngineOpening
{
    /// <summary>The word for --device that means the fp64 interpreter on the host.</summary>
    public const string Reference = "reference";

    /// <summary>Opens an engine.</summary>
    /// <param name="invocation">Says which device.</param>
    /// <param name="seed">The seed; null for the one asked for.</param>
    /// <exception cref="DeviceException">No loader, no driver, no such device, or one that lacks what Forge needs.</exception>
    public static Engine OpenEngine(this Invocation invocation, ulong? seed = null)
    {
        var options = invocation.EngineOptions;
        if (seed is { } chosen) options = options with { Seed = chosen };
        if (options.Device == Reference)
        {
            DeviceLine.PrintReference(invocation.Report);
            return new(new ReferenceBackend(), options);
        }
        var engine = Engine.Open(options);
        var backend = (VulkanBackend)engine.Backend;
        DeviceLine.Print(invocation.Report, backend.DeviceInUse);
        backend.TellAvoided(invocation.Report);
        return engine;
    }

    /// <summary>Warns of each quarantined variant that the backend's plans go without, and tells programs.</summary>
    public static void TellAvoided(this VulkanBackend backend, Report report) => backend.Avoided += avoided =>
    {
        Report.Warn(avoided.ToString());
        report.Event("avoided", writer =>
        {
            writer.WriteString("kernel", avoided.Kernel);
            writer.WriteString("variant", avoided.Variant);
            writer.WriteString("verdict", avoided.Verdict);
            writer.WriteString("message", avoided.Message);
            writer.WriteString("op", avoided.Op);
            writer.WriteString("instead", avoided.Instead);
        });
    };
}
