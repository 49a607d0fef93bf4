using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Forge.Vulkan;
using Silk.NET.Vulkan;

/// <summary>
/// What the runtime calls before the program's Main where DOTNET_STARTUP_HOOKS names this assembly: takes the Vulkan feature that FORGE_TEST_WITHOUT
/// names from every device. The runtime wants this name, and no namespace.
/// </summary>
internal static unsafe class StartupHook
{
    /// <summary>The variables under which the program meets devices without a feature.</summary>
    public static Dictionary<string, string?> Without(string feature) =>
        new() { ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location, ["FORGE_TEST_WITHOUT"] = feature };

    private static readonly string? s_missing = Environment.GetEnvironmentVariable("FORGE_TEST_WITHOUT");
    private static delegate* unmanaged<PhysicalDevice, PhysicalDeviceFeatures2*, void> s_features;

    public static void Initialize() => VulkanApi.ProgramHook = (name, address) =>
    {
        if (name != "vkGetPhysicalDeviceFeatures2") return address;
        s_features = (delegate* unmanaged<PhysicalDevice, PhysicalDeviceFeatures2*, void>)address;
        return (nint)(delegate* unmanaged[Cdecl]<PhysicalDevice, PhysicalDeviceFeatures2*, void>)&Fewer;
    };

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Fewer(PhysicalDevice device, PhysicalDeviceFeatures2* features)
    {
        s_features(device, features);
        for (var next = (BaseOutStructure*)features; next is not null; next = next->PNext)
            if (next->SType == StructureType.PhysicalDeviceVulkan12Features)
            {
                var newer = (PhysicalDeviceVulkan12Features*)next;
                if (s_missing == "timelineSemaphore") newer->TimelineSemaphore = false;
                if (s_missing == "bufferDeviceAddress") newer->BufferDeviceAddress = false;
            }
    }
}
