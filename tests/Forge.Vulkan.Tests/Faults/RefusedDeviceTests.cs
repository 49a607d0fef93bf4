using System.Runtime.InteropServices;
using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>Devices that Forge cannot use are refused again and again: what was asked of them is freed each time.</summary>
[Collection(nameof(Alone))]
public sealed unsafe partial class RefusedDeviceTests
{
    // In bytes. The structures take 700 of the C library's memory, or more; the runtime takes up to a megabyte meanwhile for code that it compiles again.
    private const double Most = 350;

    private delegate void Tell(nint physical, BaseOutStructure* features);

    private static readonly DeviceDescription s_old =
        new(0, "an old card", DeviceKind.Discrete, 1, 1, 1, "a driver", "1.0", 1, new Version(1, 1, 200), "", "", 1 << 30, 32);

    [CountedMemoryFact]
    public void DeviceOfAnOlderVulkan_LeavesNothingInTheHostsMemory()
    {
        using var api = new VulkanApi();
        Assert.InRange(HeldByEach(20_000, () => new DeviceFeatures(api, default, s_old, null, validation: false)), double.MinValue, Most);
    }

    [CountedMemoryFact]
    public void DeviceWithoutTimelineSemaphores_LeavesNothingInTheHostsMemory()
    {
        Tell? kept = null;
        var lies = false;
        using var device = Drivers.Open(Drivers.Names()[0], new()
        {
            Hook = (name, address) =>
            {
                if (name != "vkGetPhysicalDeviceFeatures2") return address;
                var tell = (delegate* unmanaged<nint, BaseOutStructure*, void>)address;
                kept = (physical, features) =>
                {
                    tell(physical, features);
                    for (var next = features; lies && next is not null; next = next->PNext)
                        if (next->SType == StructureType.PhysicalDeviceVulkan12Features)
                            ((PhysicalDeviceVulkan12Features*)next)->TimelineSemaphore = false;
                };
                return Marshal.GetFunctionPointerForDelegate(kept);
            },
        });
        lies = true;
        Assert.InRange(HeldByEach(10_000, () => new DeviceFeatures(device.Api, device.Physical, device.Description, null, validation: false)), double.MinValue, Most);
        GC.KeepAlive(kept);
    }

    // What the C library counts as handed out and not given back, in bytes for each refusal. The runtime's own heap is none of it.
    private static double HeldByEach(int refusals, Func<DeviceFeatures> ask)
    {
        long before = 0;
        for (var i = -refusals / 10; i < refusals; i++)
        {
            if (i == 0) before = Held();
            Assert.Throws<DeviceException>(ask);
        }
        return (Held() - before) / (double)refusals;
    }

    private static long Held()
    {
        var said = mallinfo2();
        return (long)(said.InUse + said.Mapped);
    }

    [LibraryImport("libc")]
    private static partial Allocations mallinfo2();

    /// <summary>glibc's struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Allocations
    {
        public nuint Arena, FreeChunks, FastChunks, MappedBlocks, Mapped, MostUsed, FreeFast, InUse, Free, Top;
    }
}
