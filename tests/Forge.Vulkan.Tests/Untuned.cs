using System.Runtime.CompilerServices;

namespace Forge.Vulkan.Tests;

/// <summary>Tests run the kernels' own defaults, whatever was tuned on this machine; those of tuning say otherwise.</summary>
internal static class Untuned
{
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "Before any test opens a device.")]
    internal static void TurnOff() => Environment.SetEnvironmentVariable("FORGE_TUNE", "off");
}
