using System.Runtime.CompilerServices;

namespace Forge.Vulkan.Tests;

/// <summary>Tests run the kernels' own defaults, whatever was tuned or quarantined on this machine; those of tuning say otherwise.</summary>
internal static class OwnState
{
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "Before any test opens a device.")]
    internal static void Take()
    {
        Environment.SetEnvironmentVariable("FORGE_TUNE", "off");
        // Compiled shaders stay from run to run, as a user's do.
        if (Platform.CacheFolder is { } caches)
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", Path.Combine(caches, "tests"));
    }
}
