using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>The chain of feature structures: filled by the driver, then narrowed to what Forge switches on.</summary>
/// <remarks>Lives in native memory, since the structures point at one another.</remarks>
internal sealed unsafe class DeviceFeatures : IDisposable
{
    private readonly Native* _native = (Native*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(Native));

    /// <summary>Asks <paramref name="handle"/> for its features and limits.</summary>
    /// <exception cref="DeviceException">The device lacks something Forge cannot do without; the message names it.</exception>
    public DeviceFeatures(VulkanApi api, PhysicalDevice handle, DeviceDescription description, BufferMode? wanted, bool validation)
    {
        try
        {
            Ask(api, handle, description, wanted, validation);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What kernels may use.</summary>
    public DeviceLimits Limits { get; private set; } = null!;

    /// <summary>The extensions to switch on.</summary>
    public IReadOnlyList<string> Extensions { get; private set; } = [];

    /// <summary>The head of the chain, for VkDeviceCreateInfo.pNext.</summary>
    public void* Head => &_native->Root;

    /// <inheritdoc/>
    public void Dispose() => System.Runtime.InteropServices.NativeMemory.Free(_native);

    // The one is worth nothing without the other: a workgroup's matrices have no sizes but flexible ones.
    private bool HasWorkgroupMatrices => _native->Coop.CooperativeMatrix && _native->V12.VulkanMemoryModel
        && _native->Coop2.CooperativeMatrixWorkgroupScope && _native->Coop2.CooperativeMatrixFlexibleDimensions;

    private void Ask(VulkanApi api, PhysicalDevice handle, DeviceDescription description, BufferMode? wanted, bool validation)
    {
        var vk = api.Vk;
        if (description.ApiVersion < new Version(1, 2))
            throw new DeviceException($"{description.Name} has Vulkan {description.ApiVersion}; Forge needs 1.2. Update its driver ({description.DriverName} {description.DriverDetail}), or choose another device with --device.");
        var has = PhysicalDeviceQuery.Extensions(vk, handle);
        var hasSizeControl = description.ApiVersion >= new Version(1, 3) || has.Contains("VK_EXT_subgroup_size_control");
        var hasMaintenance4 = description.ApiVersion >= new Version(1, 3);
        var n = _native;
        var extensions = new List<string>();
        // SPIR-V 1.6, which loads of tensors ask for, came with Vulkan 1.3.
        // Shader objects build on dynamic rendering, which came with it too; Debian 12's validation layer does not know them.
        Chain(hasSizeControl, description.ApiVersion >= new Version(1, 3), !validation, has);
        vk.GetPhysicalDeviceFeatures2(handle, &n->Root);

        var v11 = new PhysicalDeviceVulkan11Properties { SType = StructureType.PhysicalDeviceVulkan11Properties };
        var size = new PhysicalDeviceSubgroupSizeControlProperties { SType = StructureType.PhysicalDeviceSubgroupSizeControlProperties };
        var m4 = new PhysicalDeviceMaintenance4Properties { SType = StructureType.PhysicalDeviceMaintenance4Properties };
        if (hasSizeControl)
            v11.PNext = &size;
        if (hasMaintenance4)
        {
            m4.PNext = v11.PNext;
            v11.PNext = &m4;
        }
        var coop2 = new PhysicalDeviceCooperativeMatrix2PropertiesNV { SType = StructureType.PhysicalDeviceCooperativeMatrix2PropertiesNV };
        if (HasWorkgroupMatrices)
        {
            coop2.PNext = v11.PNext;
            v11.PNext = &coop2;
        }
        var objects = new PhysicalDeviceShaderObjectPropertiesEXT { SType = StructureType.PhysicalDeviceShaderObjectPropertiesExt };
        if (n->Objects.ShaderObject)
        {
            objects.PNext = v11.PNext;
            v11.PNext = &objects;
        }
        var properties = new PhysicalDeviceProperties2 { SType = StructureType.PhysicalDeviceProperties2, PNext = &v11 };
        vk.GetPhysicalDeviceProperties2(handle, &properties);

        if (!n->V12.TimelineSemaphore)
            throw Missing("timelineSemaphore");
        var address = (bool)n->V12.BufferDeviceAddress;
        var mode = wanted ?? (address ? BufferMode.Address : BufferMode.Descriptor);
        if (mode != BufferMode.Descriptor && !address)
            throw Missing($"bufferDeviceAddress, which FORGE_BUFFERS={mode.ToString().ToLowerInvariant()} needs");
        if (has.Contains("VK_KHR_portability_subset"))
            extensions.Add("VK_KHR_portability_subset"); // the specification demands it where it is offered
        if (hasSizeControl && description.ApiVersion < new Version(1, 3))
            extensions.Add("VK_EXT_subgroup_size_control");
        if (n->Coop.CooperativeMatrix)
            extensions.Add("VK_KHR_cooperative_matrix");
        if (HasWorkgroupMatrices)
            extensions.Add("VK_NV_cooperative_matrix2");
        if (n->Bfloat16.ShaderBFloat16Type)
            extensions.Add("VK_KHR_shader_bfloat16");
        if (n->Statistics.PipelineExecutableInfo)
            extensions.Add("VK_KHR_pipeline_executable_properties");
        if (n->Objects.ShaderObject)
            extensions.Add("VK_EXT_shader_object");
        Extensions = extensions;

        var limits = properties.Properties.Limits;
        var subgroup = v11.SubgroupSupportedStages.HasFlag(ShaderStageFlags.ComputeBit) ? v11.SubgroupSupportedOperations : 0;
        Limits = new DeviceLimits
        {
            MaxWorkgroupInvocations = limits.MaxComputeWorkGroupInvocations,
            MaxWorkgroupX = limits.MaxComputeWorkGroupSize[0],
            MaxWorkgroupY = limits.MaxComputeWorkGroupSize[1],
            MaxWorkgroupZ = limits.MaxComputeWorkGroupSize[2],
            SharedMemoryBytes = limits.MaxComputeSharedMemorySize,
            SubgroupSize = v11.SubgroupSize,
            MinSubgroupSize = n->SizeControl.SubgroupSizeControl ? size.MinSubgroupSize : v11.SubgroupSize,
            MaxSubgroupSize = n->SizeControl.SubgroupSizeControl ? size.MaxSubgroupSize : v11.SubgroupSize,
            MaxPushConstantBytes = limits.MaxPushConstantsSize,
            MaxStorageBufferRange = limits.MaxStorageBufferRange,
            MaxBufferBytes = hasMaintenance4 ? (long)Math.Min(m4.MaxBufferSize, long.MaxValue) : (long)Math.Min(v11.MaxMemoryAllocationSize, long.MaxValue),
            MaxAllocationBytes = (long)Math.Min(v11.MaxMemoryAllocationSize, long.MaxValue),
            StorageOffsetAlignment = (uint)limits.MinStorageBufferOffsetAlignment,
            Mode = mode,
            HasBufferAddress = address,
            HasInt64 = n->Root.Features.ShaderInt64,
            HasFloat16 = n->V12.ShaderFloat16,
            HasInt16 = n->Root.Features.ShaderInt16,
            HasInt8 = n->V12.ShaderInt8,
            HasStorage16 = n->V11.StorageBuffer16BitAccess,
            HasStorage8 = n->V12.StorageBuffer8BitAccess,
            HasSubgroupArithmetic = subgroup.HasFlag(SubgroupFeatureFlags.ArithmeticBit),
            HasSubgroupBallot = subgroup.HasFlag(SubgroupFeatureFlags.BallotBit),
            HasSubgroupShuffle = subgroup.HasFlag(SubgroupFeatureFlags.ShuffleBit),
            HasSubgroupSizeControl = n->SizeControl.SubgroupSizeControl && size.RequiredSubgroupSizeStages.HasFlag(ShaderStageFlags.ComputeBit),
            HasCooperativeMatrix = n->Coop.CooperativeMatrix,
            Matrices = n->Coop.CooperativeMatrix && n->V12.VulkanMemoryModel ? Matrices(api, handle) : [],
            WorkgroupMatrices = HasWorkgroupMatrices ? WorkgroupMatrices(api, handle, coop2.CooperativeMatrixWorkgroupScopeMaxWorkgroupSize, v11.SubgroupSize) : [],
            WorkgroupMatrixExtent = coop2.CooperativeMatrixFlexibleDimensionsMaxDimension,
            WorkgroupMatrixSharedBytes = coop2.CooperativeMatrixWorkgroupScopeReservedSharedMemory,
            HasTensorLoads = HasWorkgroupMatrices && n->Coop2.CooperativeMatrixTensorAddressing && n->Coop2.CooperativeMatrixPerElementOperations,
            HasPipelineStatistics = n->Statistics.PipelineExecutableInfo,
            ShaderBinaryVersion = n->Objects.ShaderObject ? $"{Convert.ToHexStringLower(new ReadOnlySpan<byte>(objects.ShaderBinaryUuid, 16))}.{objects.ShaderBinaryVersion}" : null,
            TimestampPeriod = limits.TimestampComputeAndGraphics ? limits.TimestampPeriod : 0,
            SubmissionFlops = description.IsSoftware ? double.PositiveInfinity : DeviceLimits.WatchdogFlops,
            Quirks = Quirks.Of(description),
        };
        Narrow();

        DeviceException Missing(string feature) => new($"{description.Name} ({description.DriverName} {description.DriverDetail}) has no {feature}. "
            + "Forge needs Vulkan 1.2 with timeline semaphores: update the driver, or choose another device with --device.");
    }

    private void Chain(bool sizeControl, bool vulkan13, bool shaderObjects, IReadOnlySet<string> has)
    {
        var n = _native;
        n->Root.SType = StructureType.PhysicalDeviceFeatures2;
        n->V11.SType = StructureType.PhysicalDeviceVulkan11Features;
        n->V12.SType = StructureType.PhysicalDeviceVulkan12Features;
        n->SizeControl.SType = StructureType.PhysicalDeviceSubgroupSizeControlFeatures;
        n->Bfloat16.SType = StructureType.PhysicalDeviceShaderBfloat16FeaturesKhr;
        n->Coop.SType = StructureType.PhysicalDeviceCooperativeMatrixFeaturesKhr;
        n->Coop2.SType = StructureType.PhysicalDeviceCooperativeMatrix2FeaturesNV;
        n->Statistics.SType = StructureType.PhysicalDevicePipelineExecutablePropertiesFeaturesKhr;
        n->Objects.SType = StructureType.PhysicalDeviceShaderObjectFeaturesExt;
        n->Root.PNext = &n->V11;
        n->V11.PNext = &n->V12;
        void** end = &n->V12.PNext;
        if (sizeControl)
        {
            *end = &n->SizeControl;
            end = &n->SizeControl.PNext;
        }
        if (has.Contains("VK_KHR_cooperative_matrix"))
        {
            *end = &n->Coop;
            end = &n->Coop.PNext;
        }
        if (vulkan13 && has.Contains("VK_NV_cooperative_matrix2"))
        {
            *end = &n->Coop2;
            end = &n->Coop2.PNext;
        }
        if (has.Contains("VK_KHR_shader_bfloat16"))
        {
            *end = &n->Bfloat16;
            end = &n->Bfloat16.PNext;
        }
        if (has.Contains("VK_KHR_pipeline_executable_properties"))
        {
            *end = &n->Statistics;
            end = &n->Statistics.PNext;
        }
        if (shaderObjects && vulkan13 && has.Contains("VK_EXT_shader_object"))
        {
            *end = &n->Objects;
        }
    }

    // Those that kernels can use: a subgroup's, factors of one 16-bit type that shaders know, f32 sums that do not saturate.
    private MatrixShape[] Matrices(VulkanApi api, PhysicalDevice handle)
    {
        var list = (delegate* unmanaged<PhysicalDevice, uint*, CooperativeMatrixPropertiesKHR*, Result>)api.Load("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
        uint count = 0;
        list(handle, &count, null).Check("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR", "looking for matrices");
        var all = new CooperativeMatrixPropertiesKHR[count];
        for (var i = 0; i < all.Length; i++) all[i].SType = StructureType.CooperativeMatrixPropertiesKhr;
        fixed (CooperativeMatrixPropertiesKHR* p = all)
            list(handle, &count, p).Check("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR", "looking for matrices");
        return [.. all.Take((int)count)
            .Where(m => m.AType == m.BType && m.CType == ComponentTypeKHR.Float32Khr && m.ResultType == ComponentTypeKHR.Float32Khr
                && m.Scope == ScopeKHR.SubgroupKhr && !m.SaturatingAccumulation && Factor(m.AType) is not null)
            .Select(m => new MatrixShape(Factor(m.AType)!.Value, m.MSize, m.NSize, m.KSize)).Distinct()];
    }

    private WorkgroupMatrix[] WorkgroupMatrices(VulkanApi api, PhysicalDevice handle, uint most, uint subgroup)
    {
        const string Name = "vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV", Doing = "looking for matrices of workgroups";
        var list = (delegate* unmanaged<PhysicalDevice, uint*, CooperativeMatrixFlexibleDimensionsPropertiesNV*, Result>)api.Load(Name);
        uint count = 0;
        list(handle, &count, null).Check(Name, Doing);
        var all = new CooperativeMatrixFlexibleDimensionsPropertiesNV[count];
        for (var i = 0; i < all.Length; i++) all[i].SType = StructureType.CooperativeMatrixFlexibleDimensionsPropertiesNV;
        fixed (CooperativeMatrixFlexibleDimensionsPropertiesNV* p = all)
            list(handle, &count, p).Check(Name, Doing);
        return WorkgroupMatrix.Usable(all.Take((int)count), Factor, most, subgroup);
    }

    private DType? Factor(ComponentTypeKHR type) => type switch
    {
        ComponentTypeKHR.Float16Khr when _native->V12.ShaderFloat16 => DType.F16,
        ComponentTypeKHR.Bfloat16Khr when _native->Bfloat16.ShaderBFloat16Type && _native->Bfloat16.ShaderBFloat16CooperativeMatrix => DType.BF16,
        _ => null,
    };

    // Only what kernels may use is switched on: robust access and the like cost speed.
    private void Narrow()
    {
        var n = _native;
        n->Root.Features = new PhysicalDeviceFeatures
        {
            ShaderInt64 = n->Root.Features.ShaderInt64,
            ShaderInt16 = n->Root.Features.ShaderInt16,
            // A bad descriptor access stays inside its buffer; in address mode it has no effect.
            RobustBufferAccess = Limits.Mode == BufferMode.Descriptor && n->Root.Features.RobustBufferAccess,
        };
        n->V11 = new PhysicalDeviceVulkan11Features { SType = n->V11.SType, PNext = n->V11.PNext, StorageBuffer16BitAccess = n->V11.StorageBuffer16BitAccess };
        n->V12 = new PhysicalDeviceVulkan12Features
        {
            SType = n->V12.SType,
            PNext = n->V12.PNext,
            TimelineSemaphore = true,
            BufferDeviceAddress = n->V12.BufferDeviceAddress,
            ShaderFloat16 = n->V12.ShaderFloat16,
            ShaderInt8 = n->V12.ShaderInt8,
            StorageBuffer8BitAccess = n->V12.StorageBuffer8BitAccess,
            VulkanMemoryModel = n->V12.VulkanMemoryModel,
            VulkanMemoryModelDeviceScope = n->V12.VulkanMemoryModelDeviceScope,
            ScalarBlockLayout = n->V12.ScalarBlockLayout,
        };
        n->SizeControl.ComputeFullSubgroups = n->SizeControl.ComputeFullSubgroups && n->SizeControl.SubgroupSizeControl;
        n->Coop.CooperativeMatrixRobustBufferAccess = false;
        var has = HasWorkgroupMatrices;
        n->Coop2 = new PhysicalDeviceCooperativeMatrix2FeaturesNV
        {
            SType = n->Coop2.SType,
            PNext = n->Coop2.PNext,
            CooperativeMatrixWorkgroupScope = has,
            CooperativeMatrixFlexibleDimensions = has,
            CooperativeMatrixTensorAddressing = Limits.HasTensorLoads,
            CooperativeMatrixPerElementOperations = Limits.HasTensorLoads,
        };
    }

    private struct Native
    {
        public PhysicalDeviceFeatures2 Root;
        public PhysicalDeviceVulkan11Features V11;
        public PhysicalDeviceVulkan12Features V12;
        public PhysicalDeviceSubgroupSizeControlFeatures SizeControl;
        public PhysicalDeviceCooperativeMatrixFeaturesKHR Coop;
        public PhysicalDeviceCooperativeMatrix2FeaturesNV Coop2;
        public PhysicalDeviceShaderBfloat16FeaturesKHR Bfloat16;
        public PhysicalDevicePipelineExecutablePropertiesFeaturesKHR Statistics;
        public PhysicalDeviceShaderObjectFeaturesEXT Objects;
    }
}
