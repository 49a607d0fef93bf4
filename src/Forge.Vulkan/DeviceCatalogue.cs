using Forge.Core;

namespace Forge.Vulkan;

/// <summary>A device that may or may not be fit for Forge.</summary>
/// <param name="Description">What its driver says about it.</param>
/// <param name="Limits">What kernels could use; null where Forge cannot use the device.</param>
/// <param name="Problem">Why it cannot; null where it can.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CataloguedDevice(DeviceDescription Description, DeviceLimits? Limits, string? Problem);

/// <summary>Lists devices without opening any.</summary>
/// <threadsafety>Safe.</threadsafety>
public static class DeviceCatalogue
{
    /// <summary>Every device the loader knows, in its order.</summary>
    /// <exception cref="DeviceException">There is no loader or no driver.</exception>
    public static IReadOnlyList<CataloguedDevice> List()
    {
        using var api = new VulkanApi();
        using var instance = new VulkanInstance(api, validation: false);
        var devices = new List<CataloguedDevice>();
        foreach (var (description, handle) in PhysicalDeviceQuery.List(instance))
        {
            try
            {
                using var features = new DeviceFeatures(api, handle, description, wanted: null, instance.Validation);
                devices.Add(new(description, features.Limits, null));
            }
            catch (DeviceException unfit)
            {
                devices.Add(new(description, null, unfit.Message));
            }
        }
        return devices;
    }
}
