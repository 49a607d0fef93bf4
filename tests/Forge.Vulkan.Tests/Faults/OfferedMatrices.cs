using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>
/// A driver that offers cooperative matrices of f16 (8x8x8, f32 sums) with all that goes with them, and has none: extension, features and shapes are told,
/// and taken out again of what reaches the driver. Its hook goes into <see cref="DeviceOptions.Hook"/>. A driver that has matrices is left alone.
/// </summary>
internal sealed unsafe class OfferedMatrices
{
    private const string Extension = "VK_KHR_cooperative_matrix";

    private delegate Result List(nint physical, byte* layer, uint* count, ExtensionProperties* extensions);

    private delegate void Tell(nint physical, BaseOutStructure* features);

    private delegate Result Shapes(nint physical, uint* count, CooperativeMatrixPropertiesKHR* shapes);

    private delegate Result Open(nint physical, DeviceCreateInfo* create, nint allocator, nint* device);

    private readonly List<Delegate> _kept = [];     // what native code may call must not be collected
    private bool _hasFloat16, _hasMemoryModel;

    /// <summary>Whether the driver has them after all.</summary>
    public bool AreReal { get; private set; }

    /// <summary>Devices opened with them switched on.</summary>
    public int SwitchedOn { get; private set; }

    /// <summary>The hook.</summary>
    public nint Hook(string name, nint address)
    {
        switch (name)
        {
            case "vkEnumerateDeviceExtensionProperties":
                var list = (delegate* unmanaged<nint, byte*, uint*, ExtensionProperties*, Result>)address;
                return Keep<List>((physical, layer, count, extensions) => ListWithOneMore(list, physical, layer, count, extensions));
            case "vkGetPhysicalDeviceFeatures2":
                var tell = (delegate* unmanaged<nint, BaseOutStructure*, void>)address;
                return Keep<Tell>((physical, features) =>
                {
                    tell(physical, features);
                    if (AreReal) return;
                    if (Find<PhysicalDeviceVulkan12Features>(features, StructureType.PhysicalDeviceVulkan12Features) is var v12 and not null)
                    {
                        (_hasFloat16, _hasMemoryModel) = (v12->ShaderFloat16, v12->VulkanMemoryModel);
                        (v12->ShaderFloat16, v12->VulkanMemoryModel) = (true, true);
                    }
                    if (Find<PhysicalDeviceCooperativeMatrixFeaturesKHR>(features, StructureType.PhysicalDeviceCooperativeMatrixFeaturesKhr) is var matrices and not null)
                        matrices->CooperativeMatrix = true;
                });
            case "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR" when !AreReal:
                return Keep<Shapes>(TellShape);
            case "vkCreateDevice":
                var open = (delegate* unmanaged<nint, DeviceCreateInfo*, nint, nint*, Result>)address;
                return Keep<Open>((physical, create, allocator, device) => OpenWithout(open, physical, create, allocator, device));
            default:
                return address;
        }
    }

    private Result ListWithOneMore(delegate* unmanaged<nint, byte*, uint*, ExtensionProperties*, Result> list, nint physical, byte* layer, uint* count, ExtensionProperties* extensions)
    {
        if (extensions is null)
        {
            var counted = list(physical, layer, count, null);
            *count += 1;
            return counted;
        }
        var room = *count;
        *count = room - 1;
        var result = list(physical, layer, count, extensions);
        for (var i = 0; i < *count; i++)
            AreReal |= Marshal.PtrToStringUTF8((nint)extensions[i].ExtensionName) == Extension;
        if (AreReal || *count >= room)
            return result;
        var more = new ExtensionProperties { SpecVersion = 2 };
        System.Text.Encoding.UTF8.GetBytes(Extension, new Span<byte>(more.ExtensionName, 256));
        extensions[(*count)++] = more;
        return result;
    }

    private static Result TellShape(nint physical, uint* count, CooperativeMatrixPropertiesKHR* shapes)
    {
        if (shapes is not null)
            *shapes = *shapes with
            {
                MSize = 8,
                NSize = 8,
                KSize = 8,
                AType = ComponentTypeKHR.Float16Khr,
                BType = ComponentTypeKHR.Float16Khr,
                CType = ComponentTypeKHR.Float32Khr,
                ResultType = ComponentTypeKHR.Float32Khr,
                Scope = ScopeKHR.SubgroupKhr,
            };
        *count = 1;
        return Result.Success;
    }

    // The driver is asked for what it has; the caller's structures are as they were afterwards.
    private Result OpenWithout(delegate* unmanaged<nint, DeviceCreateInfo*, nint, nint*, Result> open, nint physical, DeviceCreateInfo* create, nint allocator, nint* device)
    {
        if (AreReal) return open(physical, create, allocator, device);
        var (names, kept) = (new List<nint>(), *create);
        for (var i = 0; i < create->EnabledExtensionCount; i++)
            if (Marshal.PtrToStringUTF8((nint)create->PpEnabledExtensionNames[i]) == Extension) SwitchedOn++;
            else names.Add((nint)create->PpEnabledExtensionNames[i]);
        var head = (BaseOutStructure*)create->PNext;
        var before = head;
        while (before->PNext is not null && before->PNext->SType != StructureType.PhysicalDeviceCooperativeMatrixFeaturesKhr) before = before->PNext;
        var matrices = before->PNext;
        if (matrices is not null) before->PNext = matrices->PNext;
        var v12 = Find<PhysicalDeviceVulkan12Features>(head, StructureType.PhysicalDeviceVulkan12Features);
        var (float16, memoryModel) = (v12->ShaderFloat16, v12->VulkanMemoryModel);
        (v12->ShaderFloat16, v12->VulkanMemoryModel) = (float16 && _hasFloat16, memoryModel && _hasMemoryModel);
        fixed (nint* p = names.ToArray())
        {
            kept.EnabledExtensionCount = (uint)names.Count;
            kept.PpEnabledExtensionNames = (byte**)p;
            var result = open(physical, &kept, allocator, device);
            (v12->ShaderFloat16, v12->VulkanMemoryModel) = (float16, memoryModel);
            if (matrices is not null) before->PNext = matrices;
            return result;
        }
    }

    private static T* Find<T>(BaseOutStructure* chain, StructureType type) where T : unmanaged
    {
        while (chain is not null && chain->SType != type) chain = chain->PNext;
        return (T*)chain;
    }

    private nint Keep<T>(T call) where T : Delegate
    {
        _kept.Add(call);
        return Marshal.GetFunctionPointerForDelegate(call);
    }
}
