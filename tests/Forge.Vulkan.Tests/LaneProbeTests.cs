namespace Forge.Vulkan.Tests;

public class LaneProbeTests
{
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void LaneChain_IsOfferedOnNewLavapipeAlone(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        var limits = backend.Limits;
        // The driver's own word before the probe, and subgroups of eight: a processor with wider or narrower registers has others.
        var known = Quirks.Of(backend.Device.Description).LaneChain;
        Assert.Equal(known && limits is { Mode: BufferMode.Address, SubgroupSize: 8, HasInt64: true, HasSubgroupBallot: true, MaxPushConstantBytes: >= 256 }, limits.HasLaneChain);
    }

    [MesaTheory, MemberData(nameof(Drivers.OtherSubgroupSizes), MemberType = typeof(Drivers))]
    public void OtherSubgroupSizes_AreSeen_AndHaveNoLaneChain(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        Assert.EndsWith($"@{backend.Limits.SubgroupSize}", driver, StringComparison.Ordinal);
        Assert.False(backend.Limits.HasLaneChain);
    }

    [LaneChainFact]
    public void Probe_ThatIsAnsweredWrongly_WithdrawsTheChain()
    {
        // The shader asked here adds one to what the true one gives: a driver that runs subgroups in another order would look like this.
        var source = new ShaderSource().Read("LaneProbe.comp");
        var text = source.Replace("gl_WorkGroupID.x, v)", "gl_WorkGroupID.x, v + 1u)", StringComparison.Ordinal);
        Assert.NotEqual(source, text);
        using var test = new DeviceUnderTest(Needs.DriverWithLaneChain!, BufferMode.Address);
        LaneProbe.Confirm(test.Device, test.Transfers, test.Pipelines, source);
        Assert.True(test.Device.Limits.HasLaneChain);
        LaneProbe.Confirm(test.Device, test.Transfers, test.Pipelines, text);
        Assert.False(test.Device.Limits.HasLaneChain);
        Assert.True(test.Device.Limits.HasLaneWords);
    }
}
