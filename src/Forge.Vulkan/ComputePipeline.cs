using System.Diagnostics;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>A compiled kernel: its pipeline or shader object, and how its push block and its buffers are laid out.</summary>
[DebuggerDisplay("{Name}")]
internal sealed unsafe class ComputePipeline : IDisposable
{
    private readonly Device _device;

    /// <summary>Builds a pipeline.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cache">The driver's cache.</param>
    /// <param name="parts">What it is made of. Built as a shader object where a binary is among them or the cache keeps those.</param>
    /// <exception cref="ShaderException">The shader declares another push block.</exception>
    public ComputePipeline(Device device, PipelineCache cache, PipelineParts parts)
    {
        var (name, spirv, push) = (parts.Name, parts.Spirv, parts.Push);
        Interlocked.Increment(ref device.PipelinesBuilt);
        (_device, Name, Push) = (device, name, push);
        if (!SpirvModule.IsSpirv(spirv))
            throw new ShaderException($"{name}: what the compiler or the cache gave is no SPIR-V.");
        if (SpirvModule.PushBytes(spirv) is var declared && declared != 0 && declared != push.Bytes)
            throw new ShaderException($"{name} declares a push block of {declared} bytes, but its kernel fills {push.Bytes}: "
                + $"{push.Buffers} buffer(s), {push.Words} word(s), lane table of {push.LaneTable}. BUFFERS and PUSH in the shader must agree with Bindings and Push of the dispatch.");
        var started = Stopwatch.GetTimestamp();
        try
        {
            if (push.Mode == BufferMode.Descriptor)
                SetLayout = CreateSetLayout(push.Buffers);
            Layout = CreateLayout(push.Bytes);
            if (device.ShaderObjects is { } objects && (cache.KeepsBinaries || parts.Binary is not null))
            {
                BuildObject(objects, cache, parts);
            }
            else
            {
                Handle = Create(cache, spirv, parts.Constants);
                device.Name(ObjectType.Pipeline, Handle.Handle, name);
            }
            device.ThrowMessages();
        }
        catch
        {
            Dispose();
            throw;
        }
        BuildTime = Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Shader and variant.</summary>
    public string Name { get; }

    /// <summary>The push block's layout.</summary>
    public PushLayout Push { get; }

    /// <summary>The pipeline; null for a shader object.</summary>
    public Pipeline Handle { get; private set; }

    /// <summary>The shader object; null for a pipeline.</summary>
    public ShaderEXT Shader { get; private set; }

    /// <summary>What the driver made of the shader, for building it again; null for a pipeline.</summary>
    public byte[]? Binary { get; private set; }

    /// <summary>Its layout.</summary>
    public PipelineLayout Layout { get; private set; }

    /// <summary>The layout of its descriptor set, in descriptor mode.</summary>
    public DescriptorSetLayout SetLayout { get; private set; }

    /// <summary>What the driver took to build it.</summary>
    public TimeSpan BuildTime { get; }

    /// <summary>Has the dispatches that follow run this kernel.</summary>
    public void Bind(CommandBuffer commands)
    {
        if (Shader.Handle != 0)
            _device.ShaderObjects!.Bind(commands, Shader);
        else
            _device.Vk.CmdBindPipeline(commands, PipelineBindPoint.Compute, Handle);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var vk = _device.Vk;
        if (Shader.Handle != 0)
            _device.ShaderObjects!.Destroy(Shader);
        vk.DestroyPipeline(_device.Handle, Handle, null); // null handles are allowed
        vk.DestroyPipelineLayout(_device.Handle, Layout, null);
        vk.DestroyDescriptorSetLayout(_device.Handle, SetLayout, null);
        (Handle, Shader, Layout, SetLayout) = (default, default, default, default);
    }

    private void BuildObject(ShaderObjects objects, PipelineCache cache, PipelineParts parts)
    {
        var kept = parts.Binary ?? cache.Binary(parts); // first: the copy takes the hash along
        parts = parts with { Binary = kept };
        Shader = objects.Create(parts, SetLayout, out var binary);
        cache.Keep(parts, binary);
        Binary = binary;
    }

    private DescriptorSetLayout CreateSetLayout(int buffers)
    {
        var bindings = new DescriptorSetLayoutBinding[buffers];
        for (var i = 0; i < buffers; i++)
            bindings[i] = new() { Binding = (uint)i, DescriptorType = DescriptorType.StorageBuffer, DescriptorCount = 1, StageFlags = ShaderStageFlags.ComputeBit };
        fixed (DescriptorSetLayoutBinding* p = bindings)
        {
            var create = new DescriptorSetLayoutCreateInfo { SType = StructureType.DescriptorSetLayoutCreateInfo, BindingCount = (uint)buffers, PBindings = p };
            DescriptorSetLayout layout;
            _device.Vk.CreateDescriptorSetLayout(_device.Handle, &create, null, &layout).Check("vkCreateDescriptorSetLayout", $"building {Name}");
            return layout;
        }
    }

    private PipelineLayout CreateLayout(int pushBytes)
    {
        var range = new PushConstantRange { StageFlags = ShaderStageFlags.ComputeBit, Size = (uint)pushBytes };
        var set = SetLayout;
        var create = new PipelineLayoutCreateInfo
        {
            SType = StructureType.PipelineLayoutCreateInfo,
            PushConstantRangeCount = pushBytes > 0 ? 1u : 0u,
            PPushConstantRanges = &range,
            SetLayoutCount = set.Handle != 0 ? 1u : 0u,
            PSetLayouts = &set,
        };
        PipelineLayout layout;
        _device.Vk.CreatePipelineLayout(_device.Handle, &create, null, &layout).Check("vkCreatePipelineLayout", $"building {Name}");
        return layout;
    }

    private Pipeline Create(PipelineCache cache, byte[] spirv, IReadOnlyList<uint> constants)
    {
        var vk = _device.Vk;
        ShaderModule module;
        fixed (byte* code = spirv)
        {
            var moduleCreate = new ShaderModuleCreateInfo { SType = StructureType.ShaderModuleCreateInfo, CodeSize = (nuint)spirv.Length, PCode = (uint*)code };
            vk.CreateShaderModule(_device.Handle, &moduleCreate, null, &module).Check("vkCreateShaderModule", $"building {Name}");
        }
        try
        {
            using var specialization = new Specialization(constants);
            using var main = new NativeStrings(["main"]);
            // Where a driver may choose among subgroup sizes, it is held to the one kernels were told.
            var size = new PipelineShaderStageRequiredSubgroupSizeCreateInfo
            {
                SType = StructureType.PipelineShaderStageRequiredSubgroupSizeCreateInfo,
                RequiredSubgroupSize = _device.Limits.SubgroupSize,
            };
            var pin = _device.Limits.HasSubgroupSizeControl && _device.Limits.MinSubgroupSize < _device.Limits.MaxSubgroupSize;
            var create = new ComputePipelineCreateInfo
            {
                SType = StructureType.ComputePipelineCreateInfo,
                Flags = _device.CapturesStatistics ? PipelineCreateFlags.CreateCaptureStatisticsBitKhr : 0,
                Layout = Layout,
                Stage = new()
                {
                    SType = StructureType.PipelineShaderStageCreateInfo,
                    PNext = pin ? &size : null,
                    Stage = ShaderStageFlags.ComputeBit,
                    Module = module,
                    PName = main.Pointers[0],
                    PSpecializationInfo = specialization.Pointer,
                },
            };
            Pipeline pipeline;
            vk.CreateComputePipelines(_device.Handle, cache.Handle, 1, &create, null, &pipeline).Check("vkCreateComputePipelines", $"building {Name}");
            return pipeline;
        }
        finally
        {
            vk.DestroyShaderModule(_device.Handle, module, null);
        }
    }
}
