namespace Forge.Vulkan;

/// <summary>Asks the driver, once per device opened, whether it runs a workgroup's subgroups one after the other, as Quirks.LaneChain claims.</summary>
internal static class LaneProbe
{
    private const int Subgroups = 16, Workgroups = 64;

    /// <summary>Withdraws LaneChain from the device's limits unless the driver's answer confirms it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="transfers">Reads the answer.</param>
    /// <param name="pipelines">Builds the question.</param>
    /// <param name="shader">The question, where tests ask another one.</param>
    public static void Confirm(Device device, Transfers transfers, PipelineLibrary pipelines, string? shader = null)
    {
        if (!device.Limits.HasLaneChain)
            return;
        if (!Switches.Chain || !Agrees(device, transfers, pipelines, shader))
        {
            Switches.Log(1, $"{device.Description.Name} {(Switches.Chain ? "does not run subgroups in order" : "is told by FORGE_CHAIN to assume no order of subgroups")}: chained kernels are not used");
            device.Limits = device.Limits with { Quirks = device.Limits.Quirks with { LaneChain = false } };
        }
    }

    /// <summary>The pipeline that asks.</summary>
    public static PipelineRequest Question(uint subgroupSize, string? shader = null) =>
        new(new ShaderRequest("LaneProbe.comp", shader), [subgroupSize * Subgroups], Buffers: 1, PushWords: 0, LaneTable: 0);

    private static bool Agrees(Device device, Transfers transfers, PipelineLibrary pipelines, string? shader)
    {
        var lanes = device.Limits.SubgroupSize * Subgroups;
        using var buffer = new DeviceBuffer(device, 4 * Workgroups, MemoryUse.Device, "lane probe");
        var slice = new BufferSlice(buffer, 0, buffer.Bytes);
        transfers.Zero(slice);
        var pipeline = pipelines.Get(Question(device.Limits.SubgroupSize, shader));
        using var recording = Recorder.Record(device, transfers, [new RecordedDispatch("lane probe", pipeline, new Grid(Workgroups), [], [new(slice, true)])]);
        recording.Run("probing the driver");
        var words = new uint[Workgroups];
        transfers.Download(slice, System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()));
        // What one subgroup after the other makes of it; any other order gives another number.
        var expected = 1u;
        for (var s = 0u; s < Subgroups; s++)
            expected = expected * 1664525u + 1013904223u + s;
        return words.All(w => w == expected);
    }
}
