namespace Forge.Vulkan;

/// <summary>What kind of device runs the shaders, best first.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum DeviceKind
{
    /// <summary>A graphics card of its own.</summary>
    Discrete,

    /// <summary>A GPU that shares the processor's memory.</summary>
    Integrated,

    /// <summary>A GPU lent by a hypervisor.</summary>
    Virtual,

    /// <summary>A driver that runs shaders on the processor.</summary>
    Software,

    /// <summary>Something the driver does not name.</summary>
    Other,
}

/// <summary>A device as its driver describes it.</summary>
/// <param name="Index">Its number in the loader's list, from 0.</param>
/// <param name="Name">The device's name.</param>
/// <param name="Kind">What kind of device it is.</param>
/// <param name="VendorId">PCI or Khronos vendor number.</param>
/// <param name="DeviceId">The vendor's number for the device.</param>
/// <param name="DriverId">VkDriverId as a number, the driver's family.</param>
/// <param name="DriverName">The driver's name.</param>
/// <param name="DriverDetail">VkPhysicalDeviceVulkan12Properties.driverInfo: often the only thing that tells two versions apart.</param>
/// <param name="DriverVersion">The driver's own version number, in its own packing.</param>
/// <param name="ApiVersion">The Vulkan version.</param>
/// <param name="DeviceUuid">The device's identity, hexadecimal.</param>
/// <param name="DriverUuid">The driver build's identity, hexadecimal. Two Mesas report the same one.</param>
/// <param name="MemoryBytes">The size of the largest device-local heap, in bytes.</param>
/// <param name="SubgroupSize">Lanes in a subgroup.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DeviceDescription(
    int Index, string Name, DeviceKind Kind, uint VendorId, uint DeviceId, int DriverId, string DriverName, string DriverDetail,
    uint DriverVersion, Version ApiVersion, string DeviceUuid, string DriverUuid, long MemoryBytes, uint SubgroupSize)
{
    /// <summary>Whether this is a driver that runs shaders on the processor.</summary>
    public bool IsSoftware => Kind == DeviceKind.Software;

    /// <summary>Everything that tells this device and driver from another, for caches.</summary>
    public string Identity =>
        $"{VendorId:x}:{DeviceId:x} driver {DriverId} {DriverVersion:x} '{DriverDetail}' {DeviceUuid} {DriverUuid} subgroup {SubgroupSize}";

    /// <summary>One line for people: <c>0: llvmpipe (LLVM 19.1.4, 256 bits), software driver llvmpipe Mesa 25.0.7</c>.</summary>
    public override string ToString() => $"{Index}: {WithoutIndex}";

    /// <summary>The same without the index, which depends on what else there is.</summary>
    public string WithoutIndex =>
        $"{Name}, {(IsSoftware ? "software driver" : Kind.ToString().ToLowerInvariant() + " GPU, driver")} {DriverName} {DriverDetail}".TrimEnd();
}
