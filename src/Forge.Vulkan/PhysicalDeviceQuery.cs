using System.Runtime.InteropServices;
using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Reads what a physical device says about itself.</summary>
internal static unsafe class PhysicalDeviceQuery
{
    /// <summary>Every device of an instance, described, with its handle.</summary>
    /// <exception cref="DeviceException">There is no device.</exception>
    public static IReadOnlyList<(DeviceDescription Description, PhysicalDevice Handle)> List(VulkanInstance instance) =>
        [.. instance.PhysicalDevices().Select((handle, index) => (Describe(instance, handle, index), handle))];

    private static DeviceDescription Describe(VulkanInstance instance, PhysicalDevice handle, int index)
    {
        var vk = instance.Api.Vk;
        var v12 = new PhysicalDeviceVulkan12Properties { SType = StructureType.PhysicalDeviceVulkan12Properties };
        var v11 = new PhysicalDeviceVulkan11Properties { SType = StructureType.PhysicalDeviceVulkan11Properties, PNext = &v12 };
        PhysicalDeviceProperties basic;
        vk.GetPhysicalDeviceProperties(handle, &basic);
        // A 1.0 or 1.1 device ignores the structures it does not know, and they stay zero.
        var properties = new PhysicalDeviceProperties2 { SType = StructureType.PhysicalDeviceProperties2, PNext = basic.ApiVersion >= Vk.Version12 ? &v11 : null };
        vk.GetPhysicalDeviceProperties2(handle, &properties);
        PhysicalDeviceMemoryProperties memory;
        vk.GetPhysicalDeviceMemoryProperties(handle, &memory);
        long bytes = 0;
        for (var i = 0; i < memory.MemoryHeapCount; i++)
            if (memory.MemoryHeaps[i].Flags.HasFlag(MemoryHeapFlags.DeviceLocalBit))
                bytes = Math.Max(bytes, (long)Math.Min(memory.MemoryHeaps[i].Size, long.MaxValue));
        return new DeviceDescription(
            index, Text(basic.DeviceName),
            basic.DeviceType switch
            {
                PhysicalDeviceType.DiscreteGpu => DeviceKind.Discrete,
                PhysicalDeviceType.IntegratedGpu => DeviceKind.Integrated,
                PhysicalDeviceType.VirtualGpu => DeviceKind.Virtual,
                PhysicalDeviceType.Cpu => DeviceKind.Software,
                _ => DeviceKind.Other,
            },
            basic.VendorID, basic.DeviceID, (int)v12.DriverID, Text(v12.DriverName), Text(v12.DriverInfo), basic.DriverVersion,
            new Version((int)((basic.ApiVersion >> 22) & 0x7f), (int)((basic.ApiVersion >> 12) & 0x3ff), (int)(basic.ApiVersion & 0xfff)),
            Convert.ToHexStringLower(new ReadOnlySpan<byte>(v11.DeviceUuid, 16)), Convert.ToHexStringLower(new ReadOnlySpan<byte>(v11.DriverUuid, 16)),
            bytes, v11.SubgroupSize);
    }

    /// <summary>The device extensions a driver offers.</summary>
    public static IReadOnlySet<string> Extensions(Vk vk, PhysicalDevice handle)
    {
        uint count = 0;
        vk.EnumerateDeviceExtensionProperties(handle, (byte*)null, &count, null).Check("vkEnumerateDeviceExtensionProperties", "looking for extensions");
        var found = new ExtensionProperties[count];
        fixed (ExtensionProperties* p = found)
        {
            var result = vk.EnumerateDeviceExtensionProperties(handle, (byte*)null, &count, p);
            if (result != Result.Incomplete)
                result.Check("vkEnumerateDeviceExtensionProperties", "looking for extensions");
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < count; i++)
                names.Add(Text(p[i].ExtensionName));
            return names;
        }
    }

    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";
}
