using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Forge.Core;
using Silk.NET.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>A Vulkan instance, with or without the validation layer.</summary>
internal sealed unsafe class VulkanInstance : IDisposable
{
    private const string ValidationLayer = "VK_LAYER_KHRONOS_validation";
    private readonly ConcurrentQueue<string> _messages = new();
    private GCHandle _self;
    private DebugUtilsMessengerEXT _messenger;

    /// <summary>Creates an instance.</summary>
    /// <param name="api">The loader.</param>
    /// <param name="validation">Whether to switch the validation layer on.</param>
    /// <param name="gpuAssisted">Whether the layer adds checks to shaders as well, which then run much slower.</param>
    /// <exception cref="DeviceException">There is no driver, or no validation layer where one was asked for.</exception>
    public VulkanInstance(VulkanApi api, bool validation, bool gpuAssisted = false)
    {
        (Api, Validation) = (api, validation);
        if (validation && !HasLayer(ValidationLayer))
            throw new DeviceException($"FORGE_VALIDATION is set, but the layer {ValidationLayer} is not installed. "
                + "Install it (apt install vulkan-validationlayers), point VK_LAYER_PATH at its folder, or unset FORGE_VALIDATION.");
        var portability = HasExtension("VK_KHR_portability_enumeration"); // MoltenVK shows itself only to those who ask
        List<string> extensions = portability ? ["VK_KHR_portability_enumeration"] : [];
        HasDebugUtils = HasExtension("VK_EXT_debug_utils") || validation;
        if (HasDebugUtils)
            extensions.Add("VK_EXT_debug_utils");
        using var names = new NativeStrings(extensions);
        using var layers = new NativeStrings(validation ? [ValidationLayer] : []);
        using var engine = new NativeStrings(["Forge"]);
        var application = new ApplicationInfo
        {
            SType = StructureType.ApplicationInfo,
            PApplicationName = engine.Pointers[0],
            PEngineName = engine.Pointers[0],
            ApiVersion = Silk.NET.Vulkan.Vk.Version13, // the newest Forge knows; it needs only 1.2
        };
        // Without this the layer does not check hazards between dispatches.
        var checks = stackalloc ValidationFeatureEnableEXT[] { ValidationFeatureEnableEXT.SynchronizationValidationExt, ValidationFeatureEnableEXT.GpuAssistedExt };
        var features = new ValidationFeaturesEXT
        {
            SType = StructureType.ValidationFeaturesExt,
            EnabledValidationFeatureCount = gpuAssisted ? 2u : 1,
            PEnabledValidationFeatures = checks,
        };
        var create = new InstanceCreateInfo
        {
            SType = StructureType.InstanceCreateInfo,
            PNext = validation ? &features : null,
            Flags = portability ? InstanceCreateFlags.EnumeratePortabilityBitKhr : 0,
            PApplicationInfo = &application,
            EnabledExtensionCount = (uint)extensions.Count,
            PpEnabledExtensionNames = names.Pointers,
            EnabledLayerCount = validation ? 1u : 0u,
            PpEnabledLayerNames = layers.Pointers,
        };
        var result = Vk.CreateInstance(&create, null, out var instance);
        // A loader without drivers says either; the first is no lack of memory.
        if (result is Result.ErrorOutOfHostMemory or Result.ErrorIncompatibleDriver)
            throw NoDriver("vkCreateInstance");
        result.Check("vkCreateInstance", "starting Vulkan");
        Handle = instance;
        api.Use(instance);
        try
        {
            if (validation)
                Listen();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The loader this instance came from.</summary>
    public VulkanApi Api { get; }

    /// <summary>The instance.</summary>
    public Instance Handle { get; }

    /// <summary>Whether the validation layer watches.</summary>
    public bool Validation { get; }

    /// <summary>Whether objects can be given names that tools show.</summary>
    public bool HasDebugUtils { get; }

    private Vk Vk => Api.Vk;

    /// <summary>The error of a machine without a driver.</summary>
    /// <param name="call">The call that nothing answered.</param>
    public static DeviceException NoDriver(string call = "vkEnumeratePhysicalDevices") =>
        new($"No Vulkan driver was found: the loader is there, but no device answered ({call}). {Platform.InstallDriver}");

    /// <summary>Every physical device, in the loader's order.</summary>
    /// <exception cref="DeviceException">There is none.</exception>
    public IReadOnlyList<PhysicalDevice> PhysicalDevices()
    {
        uint count = 0;
        var result = Vk.EnumeratePhysicalDevices(Handle, &count, null);
        // Loaders report a missing or broken driver so as well.
        if (result is Result.ErrorInitializationFailed or Result.ErrorIncompatibleDriver or Result.ErrorOutOfHostMemory || (result == Result.Success && count == 0))
            throw NoDriver();
        result.Check("vkEnumeratePhysicalDevices", "listing devices");
        var devices = new PhysicalDevice[count];
        fixed (PhysicalDevice* p = devices)
            result = Vk.EnumeratePhysicalDevices(Handle, &count, p);
        if (result != Result.Incomplete)
            result.Check("vkEnumeratePhysicalDevices", "listing devices");
        return devices[..(int)count];
    }

    /// <summary>Throws what the validation layer has said since the last call.</summary>
    /// <exception cref="ValidationException">It has said something.</exception>
    public void ThrowMessages()
    {
        if (_messages.IsEmpty)
            return;
        var messages = new List<string>();
        while (_messages.TryDequeue(out var message))
            messages.Add(message);
        throw new ValidationException(messages);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_messenger.Handle != 0)
            ((delegate* unmanaged<Instance, DebugUtilsMessengerEXT, AllocationCallbacks*, void>)Api.Load("vkDestroyDebugUtilsMessengerEXT"))(Handle, _messenger, null);
        Vk.DestroyInstance(Handle, null);
        if (_self.IsAllocated)
            _self.Free();
    }

    private void Listen()
    {
        _self = GCHandle.Alloc(this);
        var create = new DebugUtilsMessengerCreateInfoEXT
        {
            SType = StructureType.DebugUtilsMessengerCreateInfoExt,
            MessageSeverity = DebugUtilsMessageSeverityFlagsEXT.WarningBitExt | DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt,
            MessageType = DebugUtilsMessageTypeFlagsEXT.ValidationBitExt | DebugUtilsMessageTypeFlagsEXT.PerformanceBitExt,
            PfnUserCallback = new PfnDebugUtilsMessengerCallbackEXT((delegate* unmanaged[Cdecl]<DebugUtilsMessageSeverityFlagsEXT, DebugUtilsMessageTypeFlagsEXT, DebugUtilsMessengerCallbackDataEXT*, void*, Bool32>)&OnMessage),
            PUserData = (void*)GCHandle.ToIntPtr(_self),
        };
        var make = (delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, AllocationCallbacks*, DebugUtilsMessengerEXT*, Result>)Api.Load("vkCreateDebugUtilsMessengerEXT");
        DebugUtilsMessengerEXT messenger;
        make(Handle, &create, null, &messenger).Check("vkCreateDebugUtilsMessengerEXT", "listening to the validation layer");
        _messenger = messenger;
    }

    // Runs inside the driver's call stack: it only takes note. ThrowMessages throws, from the wrapper that made the call.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Bool32 OnMessage(DebugUtilsMessageSeverityFlagsEXT severity, DebugUtilsMessageTypeFlagsEXT type, DebugUtilsMessengerCallbackDataEXT* data, void* user)
    {
        var text = Marshal.PtrToStringUTF8((nint)data->PMessage);
        if (GCHandle.FromIntPtr((nint)user).Target is VulkanInstance self && !LayerNotices.Has(Marshal.PtrToStringUTF8((nint)data->PMessageIdName), text))
            self._messages.Enqueue($"{severity}: {text}");
        return false;
    }

    private bool HasLayer(string name)
    {
        uint count = 0;
        Vk.EnumerateInstanceLayerProperties(&count, null).Check("vkEnumerateInstanceLayerProperties", "looking for layers");
        var layers = new LayerProperties[count];
        fixed (LayerProperties* p = layers)
        {
            Vk.EnumerateInstanceLayerProperties(&count, p).Check("vkEnumerateInstanceLayerProperties", "looking for layers");
            for (var i = 0; i < count; i++)
                if (Marshal.PtrToStringUTF8((nint)p[i].LayerName) == name)
                    return true;
        }
        return false;
    }

    private bool HasExtension(string name)
    {
        uint count = 0;
        var result = Vk.EnumerateInstanceExtensionProperties((byte*)null, &count, null);
        if (result is Result.ErrorOutOfHostMemory or Result.ErrorIncompatibleDriver) // again: no driver
            throw NoDriver("vkEnumerateInstanceExtensionProperties");
        result.Check("vkEnumerateInstanceExtensionProperties", "looking for extensions");
        var extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* p = extensions)
        {
            result = Vk.EnumerateInstanceExtensionProperties((byte*)null, &count, p);
            if (result != Result.Incomplete)
                result.Check("vkEnumerateInstanceExtensionProperties", "looking for extensions");
            for (var i = 0; i < count; i++)
                if (Marshal.PtrToStringUTF8((nint)p[i].ExtensionName) == name)
                    return true;
        }
        return false;
    }
}
