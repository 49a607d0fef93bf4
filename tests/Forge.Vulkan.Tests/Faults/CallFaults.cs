using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>One call that fails without being made.</summary>
/// <param name="Call">The entry point, for example <c>vkCreateBuffer</c>.</param>
/// <param name="Occurrence">Which of its calls, from 1.</param>
/// <param name="Result">What it returns.</param>
internal sealed record CallFault(string Call, int Occurrence, Result Result)
{
    public override string ToString() => $"{Call} #{Occurrence} {Result}";
}

/// <summary>
/// Stands between Forge and every Vulkan call that can fail: counts it, makes one of them fail, and keeps the books on every object and every byte of
/// device memory that is made and freed. Its hook goes into <see cref="DeviceOptions.Hook"/>.
/// </summary>
/// <param name="fault">What fails; null lets everything through.</param>
/// <param name="severalDevices">Whether several devices work at once, so that what is freed while one works may be another's.</param>
internal sealed unsafe class CallFaults(CallFault? fault = null, bool severalDevices = false)
{
    // Eight words fit each of these calls: they take pointers, handles and integers alone, and whoever calls a C function cleans up after it.
    private delegate nint EightWords(nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h);

    /// <summary>A call that makes objects: which argument points at their handles, which one counts them (none where it is one), and what frees them.</summary>
    private sealed record Maker(int Handles, int Count, string Free);

    private static readonly Dictionary<string, Maker> s_makers = new()
    {
        ["vkCreateInstance"] = new(2, -1, "vkDestroyInstance"),
        ["vkAllocateMemory"] = new(3, -1, "vkFreeMemory"),
        ["vkCreateComputePipelines"] = new(5, 2, "vkDestroyPipeline"),
        ["vkCreateShadersEXT"] = new(4, 1, "vkDestroyShaderEXT"),
    };

    // What these make belongs to a pool and goes with it.
    private static readonly string[] s_pooled = ["vkAllocateCommandBuffers", "vkAllocateDescriptorSets"];
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly Dictionary<(string Free, nint Handle), long> _alive = [];     // with the bytes that it holds of the device's memory
    private readonly List<string> _mistakes = [];
    private readonly List<Delegate> _kept = [];     // what native code may call must not be collected
    private bool _isWorking;

    /// <summary>The calls that can fail, and how often each was made.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    /// <summary>Whether the fault was met.</summary>
    public bool WasMet { get; private set; }

    /// <summary>What is wrong with the books: objects that were never freed, freed twice, freed at work, or outlived their parent. Asked when everything is disposed.</summary>
    public IReadOnlyList<string> Mistakes
    {
        get
        {
            lock (_alive)
                return [.. _mistakes, .. _alive.Select(a => $"{a.Key.Free} was never called for {a.Key.Handle:x}{(a.Value > 0 ? $", {a.Value} bytes" : "")}")];
        }
    }

    /// <summary>How many objects are alive, by the call that frees them, and the bytes of device memory.</summary>
    public string Alive
    {
        get
        {
            lock (_alive)
                return string.Join(", ", _alive.GroupBy(a => a.Key.Free).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}")) + $"; {_alive.Values.Sum()} bytes";
        }
    }

    /// <summary>The hook.</summary>
    public nint Hook(string name, nint address)
    {
        if (address == 0)
            return 0;
        var real = (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, nint, nint>)address;
        if (name.StartsWith("vkDestroy", StringComparison.Ordinal) || name == "vkFreeMemory")
            return Keep((a, b, c, d, e, f, g, h) =>
            {
                Freed(name, a, b);
                return real(a, b, c, d, e, f, g, h);
            });
        if (!CanFail(name))
            return address;
        var maker = MakerOf(name);
        return Keep((a, b, c, d, e, f, g, h) =>
        {
            var made = _calls.AddOrUpdate(name, 1, (_, n) => n + 1);
            if (fault is not null && fault.Call == name && fault.Occurrence == made)
            {
                WasMet = true;
                return (nint)(int)fault.Result;
            }
            var result = real(a, b, c, d, e, f, g, h);
            if ((int)result == 0 && name is ("vkQueueSubmit" or "vkWaitSemaphores" or "vkDeviceWaitIdle"))
                _isWorking = name == "vkQueueSubmit";
            if (maker is not null && (int)result == 0)
            {
                Span<nint> words = [a, b, c, d, e, f, g, h];
                var count = maker.Count < 0 ? 1 : (int)(uint)words[maker.Count];
                Made(maker.Free, new((nint*)words[maker.Handles], count), name == "vkAllocateMemory" ? (long)((MemoryAllocateInfo*)b)->AllocationSize : 0);
            }
            return result;
        });
    }

    // Those that return a VkResult. The binding knows Vulkan's own; extensions' calls return one unless they record, bind or free.
    private static bool CanFail(string name)
    {
        var known = typeof(Vk).GetMethods().FirstOrDefault(m => m.Name == name[2..]);
        return known is not null ? known.ReturnType == typeof(Result) : !name.StartsWith("vkCmd", StringComparison.Ordinal);
    }

    private static Maker? MakerOf(string name)
    {
        if (s_makers.TryGetValue(name, out var maker))
            return maker;
        if (name.StartsWith("vkCreate", StringComparison.Ordinal))
            return new(3, -1, "vkDestroy" + name["vkCreate".Length..]);
        return !name.StartsWith("vkAllocate", StringComparison.Ordinal) || s_pooled.Contains(name) ? null
            : throw new InvalidOperationException($"{name} makes something: say what frees it.");
    }

    private void Made(string free, ReadOnlySpan<nint> handles, long bytes)
    {
        lock (_alive)
            foreach (var handle in handles)
                if (handle != 0)
                    _alive[(free, handle)] = bytes;
    }

    private void Freed(string free, nint parent, nint child)
    {
        // Instances and devices come first among the arguments; all else behind its parent.
        var handle = free is "vkDestroyInstance" or "vkDestroyDevice" ? parent : child;
        lock (_alive)
        {
            if (handle != 0 && !_alive.Remove((free, handle)))
                _mistakes.Add($"{free} was called for {handle:x}, which is not alive");
            if (handle != 0 && _isWorking && !severalDevices)
                _mistakes.Add($"{free} was called while what was submitted last may be at work");
            if (free == "vkDestroyDevice" && _alive.Keys.Where(k => k.Free is not ("vkDestroyInstance" or "vkDestroyDevice" or "vkDestroyDebugUtilsMessengerEXT")).ToArray() is [_, ..] left
                && !_alive.Keys.Any(k => k.Free == "vkDestroyDevice"))
                _mistakes.Add($"the last device went before {string.Join(", ", left.Select(k => k.Free))}");
        }
    }

    private nint Keep(EightWords call)
    {
        lock (_kept)
            _kept.Add(call);
        return Marshal.GetFunctionPointerForDelegate(call);
    }
}
