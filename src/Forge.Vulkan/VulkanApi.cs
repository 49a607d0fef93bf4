using System.Runtime.InteropServices;
using Forge.Core;
using Silk.NET.Core.Contexts;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Replaces Vulkan entry points, so that tests can make any call fail.</summary>
/// <param name="name">The entry point's name, for example <c>vkCreateBuffer</c>.</param>
/// <param name="address">The real function; 0 where the driver has none.</param>
/// <returns>The function to call instead, or <paramref name="address"/>.</returns>
internal delegate nint EntryPointHook(string name, nint address);

/// <summary>The Vulkan loader's entry points, each of which passes through a hook.</summary>
internal sealed unsafe class VulkanApi : INativeContext
{
    private readonly EntryPointHook? _hook;
    private readonly delegate* unmanaged<nint, byte*, nint> _getInstanceProcAddr;
    private Instance _instance;

    /// <summary>Loads the loader.</summary>
    /// <param name="hook">Replaces entry points; null leaves all as they are.</param>
    /// <param name="loaderNames">Library names to try in turn; null means the system's.</param>
    /// <exception cref="DeviceException">There is no Vulkan loader.</exception>
    public VulkanApi(EntryPointHook? hook = null, IReadOnlyList<string>? loaderNames = null)
    {
        _hook = hook ?? ProgramHook;
        var (library, name) = Platform.LoadFirst(loaderNames ?? Platform.LoaderNames);
        if (library == 0)
            throw new DeviceException($"No Vulkan loader was found (tried {name}). {Platform.InstallLoader}");
        if (!NativeLibrary.TryGetExport(library, "vkGetInstanceProcAddr", out var get))
            throw new DeviceException($"{name} is no Vulkan loader: it has no vkGetInstanceProcAddr. Check FORGE_VULKAN_LOADER.");
        LoaderName = name;
        _getInstanceProcAddr = (delegate* unmanaged<nint, byte*, nint>)get;
        Vk = new Vk(this);
    }

    /// <summary>Whether calls go elsewhere than to the driver.</summary>
    public bool IsHooked => _hook is not null;

    /// <summary>The hook where none is given: how a test's startup hook makes the whole program meet a driver that lacks something.</summary>
    internal static EntryPointHook? ProgramHook { get; set; }

    /// <summary>The library that was loaded.</summary>
    public string LoaderName { get; }

    /// <summary>The binding over this context.</summary>
    public Vk Vk { get; }

    /// <summary>The instance whose functions are looked up from now on.</summary>
    public void Use(Instance instance) => _instance = instance;

    /// <summary>Looks up an entry point of an extension.</summary>
    /// <exception cref="DeviceException">The driver does not have it.</exception>
    public nint Load(string name) =>
        TryGetProcAddress(name, out var address) ? address : throw new DeviceException($"The Vulkan driver has no {name}.");

    /// <summary>Looks up an entry point of an extension by the device that has it; 0 where it does not.</summary>
    /// <remarks>Loaders older than an extension do not know its names: only the device does.</remarks>
    public nint Load(Silk.NET.Vulkan.Device device, string name)
    {
        var address = (nint)Vk.GetDeviceProcAddr(device, name).Handle;
        return address != 0 && _hook is not null ? _hook(name, address) : address;
    }

    /// <inheritdoc/>
    public nint GetProcAddress(string proc, int? slot = null) => Load(proc);

    /// <inheritdoc/>
    public bool TryGetProcAddress(string proc, out nint addr, int? slot = null)
    {
        var name = Marshal.StringToCoTaskMemUTF8(proc);
        try
        {
            addr = _getInstanceProcAddr(_instance.Handle, (byte*)name);
            if (addr == 0)
                addr = _getInstanceProcAddr(0, (byte*)name);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
        if (_hook is not null)
            addr = _hook(proc, addr);
        return addr != 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The loader stays loaded: drivers do not all survive being unloaded and loaded again.
    }
}
