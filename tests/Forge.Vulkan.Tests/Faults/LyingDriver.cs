using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>A driver that offers what it does not have, and takes no binary back. Its hook goes into <see cref="DeviceOptions.Hook"/>.</summary>
internal sealed unsafe class LyingDriver
{
    private const uint SpirvMagic = 0x07230203, OpCapability = 17;
    private const int SpirvHeaderWords = 5;

    private delegate Result MakeModule(nint device, ShaderModuleCreateInfo* create, nint allocator, ulong* module);

    private delegate Result MakePipelines(nint device, ulong cache, uint count, ComputePipelineCreateInfo* create, nint allocator, ulong* pipelines);

    private delegate Result MakeShaders(nint device, uint count, ShaderCreateInfoEXT* create, nint allocator, ulong* shaders);

    private delegate void Tell(nint physical, BaseOutStructure* properties);

    private readonly HashSet<ulong> _bad = [];
    private readonly List<Delegate> _kept = [];     // what native code may call must not be collected

    /// <summary>The SPIR-V capability whose shaders it refuses to build, whatever it told of its features; null for none.</summary>
    public uint? Refuses { get; init; }

    /// <summary>The subgroup size that it tells; null for the true one.</summary>
    public uint? SubgroupSize { get; init; }

    /// <summary>Shaders refused so far.</summary>
    public int Refused => _refused;
    private int _refused;

    /// <summary>The hook.</summary>
    public nint Hook(string name, nint address)
    {
        switch (name)
        {
            case "vkCreateShaderModule":
                var module = (delegate* unmanaged<nint, ShaderModuleCreateInfo*, nint, ulong*, Result>)address;
                return Keep<MakeModule>((device, create, allocator, handle) =>
                {
                    var result = module(device, create, allocator, handle);
                    lock (_bad)
                        _ = IsRefused(create->PCode, create->CodeSize) ? _bad.Add(*handle) : _bad.Remove(*handle);
                    return result;
                });
            case "vkCreateComputePipelines":
                var pipelines = (delegate* unmanaged<nint, ulong, uint, ComputePipelineCreateInfo*, nint, ulong*, Result>)address;
                return Keep<MakePipelines>((device, cache, count, create, allocator, handles) =>
                {
                    lock (_bad)
                        if (_bad.Contains(create->Stage.Module.Handle)) return Refuse();
                    return pipelines(device, cache, count, create, allocator, handles);
                });
            case "vkCreateShadersEXT":
                var shaders = (delegate* unmanaged<nint, uint, ShaderCreateInfoEXT*, nint, ulong*, Result>)address;
                return Keep<MakeShaders>((device, count, create, allocator, handles) =>
                    create->CodeType != ShaderCodeTypeEXT.SpirvExt ? Result.IncompatibleShaderBinaryExt
                    : IsRefused(create->PCode, create->CodeSize) ? Refuse() : shaders(device, count, create, allocator, handles));
            case "vkGetPhysicalDeviceProperties2" when SubgroupSize is { } size:
                var tell = (delegate* unmanaged<nint, BaseOutStructure*, void>)address;
                return Keep<Tell>((physical, properties) =>
                {
                    tell(physical, properties);
                    for (var next = properties; next is not null; next = next->PNext)
                        if (next->SType == StructureType.PhysicalDeviceVulkan11Properties)
                            ((PhysicalDeviceVulkan11Properties*)next)->SubgroupSize = size;
                });
            default:
                return address;
        }
    }

    private Result Refuse()
    {
        Interlocked.Increment(ref _refused);
        return Result.ErrorUnknown;
    }

    private bool IsRefused(void* code, nuint bytes)
    {
        var words = new ReadOnlySpan<uint>(code, checked((int)(bytes / 4)));
        if (Refuses is not { } capability || words[0] != SpirvMagic)
            return false;
        // Capabilities come first: an instruction's length stands above its number.
        for (var at = SpirvHeaderWords; (words[at] & 0xffff) == OpCapability; at += (int)(words[at] >> 16))
            if (words[at + 1] == capability)
                return true;
        return false;
    }

    private nint Keep<T>(T call) where T : Delegate
    {
        _kept.Add(call);
        return Marshal.GetFunctionPointerForDelegate(call);
    }
}
