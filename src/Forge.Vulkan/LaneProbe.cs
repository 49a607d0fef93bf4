using System.Runtime.InteropServices;

namespace Forge.Vulkan;

/// <summary>
/// Asks the driver, once per device opened, how large subgroups are, since some say another size than they run, and whether it runs a workgroup's
/// subgroups one after the other, as Quirks.LaneChain claims.
/// </summary>
internal static class LaneProbe
{
    private const int MostSubgroups = 16, Workgroups = 64;

    /// <summary>Withdraws from the device's limits what the driver's answer does not confirm.</summary>
    /// <param name="device">The device.</param>
    /// <param name="transfers">Reads the answer.</param>
    /// <param name="pipelines">Builds the question.</param>
    /// <param name="shader">The question, where tests ask another one.</param>
    public static void Confirm(Device device, Transfers transfers, PipelineLibrary pipelines, string? shader = null)
    {
        if (!Concerns(device.Limits))
            return;
        var answer = Ask(device, transfers, pipelines, shader);
        if (!answer.HasSize)
        {
            Switches.Log(1, $"{device.Description.Name} says that subgroups have {device.Limits.SubgroupSize} lanes, but {answer.Seen}: kernels that lean on subgroups are not used");
            device.Limits = device.Limits with
            {
                SubgroupSize = answer.Size,
                MinSubgroupSize = answer.Size,
                MaxSubgroupSize = answer.Size,
                HasSubgroupArithmetic = false,
                HasSubgroupBallot = false,
                HasSubgroupShuffle = false,
                HasSubgroupSizeControl = false,
                HasCooperativeMatrix = false,
                Matrices = [],
                WorkgroupMatrices = [],
                HasTensorLoads = false,
                Quirks = device.Limits.Quirks with { LaneChain = false },
            };
        }
        if (device.Limits.HasLaneChain && !(Switches.Chain && answer.HasOrder))
        {
            Switches.Log(1, $"{device.Description.Name} {(Switches.Chain ? "does not run subgroups in order" : "is told by FORGE_CHAIN to assume no order of subgroups")}: chained kernels are not used");
            device.Limits = device.Limits with { Quirks = device.Limits.Quirks with { LaneChain = false } };
        }
    }

    /// <summary>Whether kernels lean on subgroups on such a device.</summary>
    public static bool Concerns(DeviceLimits limits) =>
        limits.HasSubgroupBallot && (limits.HasRawAddresses || limits.Matrices.Count > 0 || limits.WorkgroupMatrices.Count > 0);

    /// <summary>The pipeline that asks.</summary>
    public static PipelineRequest Question(DeviceLimits limits, string? shader = null) =>
        new(new ShaderRequest("LaneProbe.comp", shader), [Subgroups(limits) * limits.SubgroupSize], Buffers: 1, PushWords: 0, LaneTable: 0);

    private static uint Subgroups(DeviceLimits limits) =>
        Math.Clamp(Math.Min(limits.MaxWorkgroupInvocations, limits.MaxWorkgroupX) / limits.SubgroupSize, 1, MostSubgroups);

    private static Answer Ask(Device device, Transfers transfers, PipelineLibrary pipelines, string? shader)
    {
        var (size, subgroups) = (device.Limits.SubgroupSize, Subgroups(device.Limits));
        ComputePipeline pipeline;
        try
        {
            pipeline = pipelines.Get(Question(device.Limits, shader));
        }
        catch (VulkanException problem) when (problem.IsRefusal)
        {
            return new(false, false, 1, $"it refuses the shader that asks ({problem.Result})");
        }
        using var buffer = new DeviceBuffer(device, 8 * Workgroups, MemoryUse.Device, "lane probe");
        var slice = new BufferSlice(buffer, 0, buffer.Bytes);
        transfers.Zero(slice);
        using var recording = Recorder.Record(device, transfers, [new RecordedDispatch("lane probe", pipeline, new Grid(Workgroups), [], [new(slice, true)])]);
        recording.Run("probing the driver");
        var words = new uint[2 * Workgroups];
        transfers.Download(slice, MemoryMarshal.AsBytes(words.AsSpan()));
        // What one subgroup after the other makes of it; any other order gives another number.
        var expected = 1u;
        for (var s = 0u; s < subgroups; s++)
            expected = expected * 1664525u + 1013904223u + s;
        var sizes = Enumerable.Range(0, Workgroups).Select(w => words[2 * w + 1]).Distinct().ToArray();
        return new(sizes is [var only] && only == (size | size << 8 | subgroups << 16), Enumerable.Range(0, Workgroups).All(w => words[2 * w] == expected),
            sizes.Length == 1 ? Math.Max(1, sizes[0] & 0xff) : 1, $"runs them with {string.Join(" or ", sizes.Select(s => s & 0xff).Distinct())}");
    }

    /// <summary>What came back.</summary>
    /// <param name="HasSize">Whether subgroups have the size that the driver says.</param>
    /// <param name="HasOrder">Whether they ran in order.</param>
    /// <param name="Size">The size that was seen; 1 where it is not one.</param>
    /// <param name="Seen">The same for people.</param>
    private sealed record Answer(bool HasSize, bool HasOrder, uint Size, string Seen);
}
