using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests;

/// <summary>Counts the Vulkan objects that are alive, and makes one call fail when told to. Its hook goes into <see cref="DeviceOptions.Hook"/>.</summary>
internal sealed unsafe class CallCounter
{
    private static readonly (string Make, string Free)[] s_pairs =
    [
        ("vkCreateCommandPool", "vkDestroyCommandPool"), ("vkCreateBuffer", "vkDestroyBuffer"), ("vkAllocateMemory", "vkFreeMemory"),
        ("vkCreateDescriptorPool", "vkDestroyDescriptorPool"), ("vkCreateQueryPool", "vkDestroyQueryPool"),
    ];

    // Fit every call that is counted: pointers and handles are 64 bits wide.
    private delegate Result Make(nint device, nint create, nint allocator, ulong* handle);

    private delegate void Free(nint device, ulong handle, nint allocator);

    private delegate Result Fill(nint device, nint allocate, nint handles);

    private delegate Result Submit(nint queue, uint count, nint submits, ulong fence);

    private readonly Dictionary<string, HashSet<ulong>> _alive = s_pairs.ToDictionary(p => p.Make, _ => new HashSet<ulong>());
    private readonly List<Delegate> _kept = [];    // what native code may call must not be collected

    /// <summary>The call that fails from now on; null lets all through.</summary>
    public string? Failing { get; set; }

    /// <summary>Whether the failing call was made.</summary>
    public bool Failed { get; private set; }

    /// <summary>How many objects of each kind are alive, by the call that makes them.</summary>
    public IReadOnlyDictionary<string, int> Alive => _alive.ToDictionary(a => a.Key, a => a.Value.Count);

    /// <summary>The hook.</summary>
    public nint Hook(string name, nint address)
    {
        if (_alive.TryGetValue(name, out var alive))
        {
            var make = (delegate* unmanaged<nint, nint, nint, ulong*, Result>)address;
            return Keep<Make>((device, create, allocator, handle) =>
            {
                if (Fails(name)) return Result.ErrorOutOfDeviceMemory;
                var result = make(device, create, allocator, handle);
                if (result == Result.Success) alive.Add(*handle);
                return result;
            });
        }
        if (Array.Find(s_pairs, p => p.Free == name) is { Make: { } made })
        {
            var free = (delegate* unmanaged<nint, ulong, nint, void>)address;
            return Keep<Free>((device, handle, allocator) =>
            {
                _alive[made].Remove(handle);
                free(device, handle, allocator);
            });
        }
        switch (name)
        {
            case "vkAllocateCommandBuffers" or "vkAllocateDescriptorSets":
                var fill = (delegate* unmanaged<nint, nint, nint, Result>)address;
                return Keep<Fill>((device, allocate, handles) => Fails(name) ? Result.ErrorOutOfDeviceMemory : fill(device, allocate, handles));
            case "vkQueueSubmit":
                var submit = (delegate* unmanaged<nint, uint, nint, ulong, Result>)address;
                return Keep<Submit>((queue, count, submits, fence) => Fails(name) ? Result.ErrorOutOfDeviceMemory : submit(queue, count, submits, fence));
            default:
                return address;
        }
    }

    private bool Fails(string name)
    {
        if (name != Failing) return false;
        return Failed = true;
    }

    private nint Keep<T>(T call) where T : Delegate
    {
        _kept.Add(call);
        return Marshal.GetFunctionPointerForDelegate(call);
    }
}
