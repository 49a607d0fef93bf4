using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Opens engines on Vulkan devices.</summary>
/// <threadsafety>Safe.</threadsafety>
public static class EngineVulkan
{
    extension(Engine)
    {
        /// <summary>Opens an engine on a Vulkan device: <c>Engine.Open(new() { Device = "auto", Seed = 1 })</c>.</summary>
        /// <param name="options">Device, seed and limits. Device "auto" means FORGE_DEVICE, else the best device.</param>
        /// <param name="vulkan">Anything else about the device; its Device is not read.</param>
        /// <exception cref="DeviceException">No loader, no driver, no such device, or one that lacks what Forge needs.</exception>
        public static Engine Open(EngineOptions? options = null, VulkanOptions? vulkan = null)
        {
            options ??= new EngineOptions();
            var device = options.Device.Equals("auto", StringComparison.OrdinalIgnoreCase) ? null : options.Device;
            return new Engine(new VulkanBackend((vulkan ?? new()) with { Device = device }), options);
        }
    }
}
