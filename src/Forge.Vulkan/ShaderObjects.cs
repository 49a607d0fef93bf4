using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>
/// Shaders without pipelines (VK_EXT_shader_object). A driver hands out what it has made of a shader's SPIR-V and takes it back in another process,
/// which some of the drivers whose pipeline caches keep nothing do: llvmpipe takes back in 1 to 30 ms what it made in 30 to 400.
/// </summary>
/// <remarks>Used where <see cref="Quirks.KeepsShaderBinaries"/> says that it gains. Not under the validation layer, or for statistics.</remarks>
internal sealed unsafe class ShaderObjects
{
    private const nuint BinaryAlignment = 16;
    private readonly Device _device;
    private readonly delegate* unmanaged<Silk.NET.Vulkan.Device, uint, ShaderCreateInfoEXT*, AllocationCallbacks*, ShaderEXT*, Result> _create;
    private readonly delegate* unmanaged<Silk.NET.Vulkan.Device, ShaderEXT, AllocationCallbacks*, void> _destroy;
    private readonly delegate* unmanaged<Silk.NET.Vulkan.Device, ShaderEXT, nuint*, void*, Result> _binary;
    private readonly delegate* unmanaged<CommandBuffer, uint, ShaderStageFlags*, ShaderEXT*, void> _bind;

    private ShaderObjects(Device device)
    {
        _device = device;
        _create = (delegate* unmanaged<Silk.NET.Vulkan.Device, uint, ShaderCreateInfoEXT*, AllocationCallbacks*, ShaderEXT*, Result>)Load("vkCreateShadersEXT");
        _destroy = (delegate* unmanaged<Silk.NET.Vulkan.Device, ShaderEXT, AllocationCallbacks*, void>)Load("vkDestroyShaderEXT");
        _binary = (delegate* unmanaged<Silk.NET.Vulkan.Device, ShaderEXT, nuint*, void*, Result>)Load("vkGetShaderBinaryDataEXT");
        _bind = (delegate* unmanaged<CommandBuffer, uint, ShaderStageFlags*, ShaderEXT*, void>)Load("vkCmdBindShadersEXT");

        nint Load(string name) => device.Api.Load(device.Handle, name);
    }

    /// <summary>The functions of a device; null where pipelines serve it better.</summary>
    public static ShaderObjects? Of(Device device)
    {
        if (device.Limits.ShaderBinaryVersion is null || !device.Limits.Quirks.KeepsShaderBinaries || device.CapturesStatistics)
            return null;
        var objects = new ShaderObjects(device);
        return objects._create == null || objects._destroy == null || objects._binary == null || objects._bind == null ? null : objects;
    }

    /// <summary>Makes a shader.</summary>
    /// <param name="parts">What it is made of; its binary is taken where the driver still knows it.</param>
    /// <param name="layout">Its descriptor set's layout, or null.</param>
    /// <param name="binary">What to hand in the next time.</param>
    public ShaderEXT Create(PipelineParts parts, DescriptorSetLayout layout, out byte[] binary)
    {
        if (parts.Binary is { } kept && Create(parts, kept, ShaderCodeTypeEXT.BinaryExt, layout, out var shader) == Result.Success)
        {
            binary = kept;
            return shader;
        }
        Create(parts, parts.Spirv, ShaderCodeTypeEXT.SpirvExt, layout, out shader).Check("vkCreateShadersEXT", $"building {parts.Name}");
        try
        {
            binary = BinaryOf(shader);
            return shader;
        }
        catch
        {
            Destroy(shader);
            throw;
        }
    }

    /// <summary>Has the dispatches that follow run a shader.</summary>
    public void Bind(CommandBuffer commands, ShaderEXT shader)
    {
        var stage = ShaderStageFlags.ComputeBit;
        _bind(commands, 1, &stage, &shader);
    }

    /// <summary>Frees a shader.</summary>
    public void Destroy(ShaderEXT shader) => _destroy(_device.Handle, shader, null);

    private Result Create(PipelineParts parts, byte[] code, ShaderCodeTypeEXT type, DescriptorSetLayout layout, out ShaderEXT shader)
    {
        var copy = NativeMemory.AlignedAlloc((nuint)code.Length, BinaryAlignment);
        try
        {
            code.CopyTo(new Span<byte>(copy, code.Length));
            using var main = new NativeStrings(["main"]);
            using var constants = new Specialization(parts.Constants);
            var range = new PushConstantRange { StageFlags = ShaderStageFlags.ComputeBit, Size = (uint)parts.Push.Bytes };
            var create = new ShaderCreateInfoEXT
            {
                SType = StructureType.ShaderCreateInfoExt,
                Stage = ShaderStageFlags.ComputeBit,
                CodeType = type,
                CodeSize = (nuint)code.Length,
                PCode = copy,
                PName = main.Pointers[0],
                SetLayoutCount = layout.Handle != 0 ? 1u : 0u,
                PSetLayouts = &layout,
                PushConstantRangeCount = parts.Push.Bytes > 0 ? 1u : 0u,
                PPushConstantRanges = &range,
                PSpecializationInfo = constants.Pointer,
            };
            ShaderEXT made = default;
            var result = _create(_device.Handle, 1, &create, null, &made);
            shader = made;
            return result;
        }
        finally
        {
            NativeMemory.AlignedFree(copy);
        }
    }

    private byte[] BinaryOf(ShaderEXT shader)
    {
        nuint bytes = 0;
        _binary(_device.Handle, shader, &bytes, null).Check("vkGetShaderBinaryDataEXT", "keeping a shader");
        var copy = NativeMemory.AlignedAlloc(bytes, BinaryAlignment);
        try
        {
            _binary(_device.Handle, shader, &bytes, copy).Check("vkGetShaderBinaryDataEXT", "keeping a shader");
            return new Span<byte>(copy, checked((int)bytes)).ToArray();
        }
        finally
        {
            NativeMemory.AlignedFree(copy);
        }
    }
}
