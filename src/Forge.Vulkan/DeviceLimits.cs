namespace Forge.Vulkan;

/// <summary>How kernels reach their buffers; see shaders/include/buffers.glsl.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum BufferMode
{
    /// <summary>By device address: fastest on the drivers measured, free of their limit on a binding's size.</summary>
    Address,

    /// <summary>Through descriptors: exact ranges, for the validation layer and for devices without addresses.</summary>
    Descriptor,

    /// <summary>By device address, every access compared with its slice.</summary>
    Checked,
}

/// <summary>What a device can do, as far as kernels choose by it. Tests narrow it with <c>with</c>.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DeviceLimits
{
    /// <summary>Invocations in a workgroup, at most.</summary>
    public uint MaxWorkgroupInvocations { get; init; } = 128;

    /// <summary>A workgroup's size along x, at most.</summary>
    public uint MaxWorkgroupX { get; init; } = 128;

    /// <summary>A workgroup's size along y, at most.</summary>
    public uint MaxWorkgroupY { get; init; } = 128;

    /// <summary>A workgroup's size along z, at most.</summary>
    public uint MaxWorkgroupZ { get; init; } = 64;

    /// <summary>Shared memory of a workgroup, in bytes.</summary>
    public uint SharedMemoryBytes { get; init; } = 16384;

    /// <summary>Invocations in a subgroup as the driver runs compute shaders by default.</summary>
    public uint SubgroupSize { get; init; } = 1;

    /// <summary>The smallest subgroup a pipeline can ask for; SubgroupSize where it cannot choose.</summary>
    public uint MinSubgroupSize { get; init; } = 1;

    /// <summary>The largest subgroup a pipeline can ask for; SubgroupSize where it cannot choose.</summary>
    public uint MaxSubgroupSize { get; init; } = 1;

    /// <summary>The push block, in bytes, at most. At least 128.</summary>
    public uint MaxPushConstantBytes { get; init; } = 128;

    /// <summary>A storage buffer's binding, in bytes, at most. Counts in descriptor mode alone.</summary>
    public long MaxStorageBufferRange { get; init; } = 1 << 27;

    /// <summary>One VkBuffer, in bytes, at most.</summary>
    public long MaxBufferBytes { get; init; } = 1 << 30;

    /// <summary>One memory allocation, in bytes, at most.</summary>
    public long MaxAllocationBytes { get; init; } = 1 << 30;

    /// <summary>Offsets of storage buffer bindings are multiples of this, in bytes.</summary>
    public uint StorageOffsetAlignment { get; init; } = 256;

    /// <summary>How kernels reach their buffers.</summary>
    public BufferMode Mode { get; init; } = BufferMode.Descriptor;

    /// <summary>Buffers have device addresses.</summary>
    public bool HasBufferAddress { get; init; }

    /// <summary>64-bit integers in shaders.</summary>
    public bool HasInt64 { get; init; }

    /// <summary>16-bit floating-point arithmetic.</summary>
    public bool HasFloat16 { get; init; }

    /// <summary>16-bit integer arithmetic.</summary>
    public bool HasInt16 { get; init; }

    /// <summary>8-bit integer arithmetic.</summary>
    public bool HasInt8 { get; init; }

    /// <summary>16-bit types in storage buffers.</summary>
    public bool HasStorage16 { get; init; }

    /// <summary>8-bit types in storage buffers.</summary>
    public bool HasStorage8 { get; init; }

    /// <summary>subgroupAdd and the like in compute shaders.</summary>
    public bool HasSubgroupArithmetic { get; init; }

    /// <summary>subgroupBroadcast and ballots in compute shaders.</summary>
    public bool HasSubgroupBallot { get; init; }

    /// <summary>subgroupShuffle in compute shaders.</summary>
    public bool HasSubgroupShuffle { get; init; }

    /// <summary>A pipeline can ask for a subgroup size.</summary>
    public bool HasSubgroupSizeControl { get; init; }

    /// <summary>VK_KHR_cooperative_matrix.</summary>
    public bool HasCooperativeMatrix { get; init; }

    /// <summary>Matrices with 16-bit factors and f32 sums that a subgroup of <see cref="SubgroupSize"/> multiplies in compute shaders; empty where there are none.</summary>
    public IReadOnlyList<MatrixShape> Matrices { get; init; } = [];

    /// <summary>Matrices with 16-bit factors and f32 sums that a workgroup multiplies (VK_NV_cooperative_matrix2); empty where there are none.</summary>
    public IReadOnlyList<WorkgroupMatrix> WorkgroupMatrices { get; init; } = [];

    /// <summary>The largest extent of <see cref="WorkgroupMatrices"/>.</summary>
    public uint WorkgroupMatrixExtent { get; init; }

    /// <summary>Shared memory that the driver keeps for itself where a workgroup holds matrices, in bytes.</summary>
    public uint WorkgroupMatrixSharedBytes { get; init; }

    /// <summary>Matrices of a workgroup load from tensors in memory, and functions run on each of their elements (GL_NV_cooperative_matrix2 in SPIR-V 1.6).</summary>
    public bool HasTensorLoads { get; init; }

    /// <summary>VK_KHR_pipeline_executable_properties: the driver tells registers and spills.</summary>
    public bool HasPipelineStatistics { get; init; }

    /// <summary>VK_EXT_shader_object: which binaries of shaders the driver knows; null where it has no shader objects.</summary>
    public string? ShaderBinaryVersion { get; init; }

    /// <summary>Nanoseconds a timestamp tick; 0 where the queue has no timestamps.</summary>
    public float TimestampPeriod { get; init; }

    /// <summary>Floating-point operations after which a recording goes on in another submission; infinite where no watchdog can be.</summary>
    public double SubmissionFlops { get; init; } = WatchdogFlops;

    /// <summary>How the driver differs from the specification.</summary>
    public Quirks Quirks { get; init; } = new();

    // A GPU's watchdog ends what runs for seconds. The slowest that draws a desktop does a few hundred GFLOP/s.
    internal const double WatchdogFlops = 1e11;

    /// <summary>Whether a workgroup may have so many invocations along x.</summary>
    public bool AllowsLanes(uint lanes) => lanes <= Math.Min(MaxWorkgroupInvocations, MaxWorkgroupX);

    /// <summary>Kernels may compute with raw addresses (INT64 in buffers.glsl).</summary>
    public bool HasRawAddresses => Mode == BufferMode.Address && HasBufferAddress && HasInt64;

    /// <summary>Kernels may load vectors through uniform addresses (lane-words.glsl): raw addresses, subgroups of eight, a driver that knows uniform values.</summary>
    public bool HasLaneWords => HasRawAddresses && Quirks.UniformPushTable && SubgroupSize == 8 && HasSubgroupBallot && MaxPushConstantBytes >= 256;

    /// <summary>Kernels may chain subgroups without barriers: raw addresses, subgroups of eight, and a driver known and probed to run them in order.</summary>
    public bool HasLaneChain => HasLaneWords && Quirks.LaneChain;
}
