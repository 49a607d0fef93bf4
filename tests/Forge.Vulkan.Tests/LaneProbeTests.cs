namespace Forge.Vulkan.Tests;

public class LaneProbeTests
{
    [Theory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void LaneChain_IsOfferedOnNewLavapipeAlone(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        Assert.Equal(driver == "mesa25", backend.Limits.HasLaneChain);
    }

    [Theory, MemberData(nameof(Drivers.OtherSubgroupSizes), MemberType = typeof(Drivers))]
    public void OtherSubgroupSizes_AreSeen_AndHaveNoLaneChain(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        Assert.EndsWith($"@{backend.Limits.SubgroupSize}", driver, StringComparison.Ordinal);
        Assert.False(backend.Limits.HasLaneChain);
    }

    [Fact]
    public void Probe_ThatIsAnsweredWrongly_WithdrawsTheChain()
    {
        foreach (var driver in Drivers.Names("mesa25"))
        {
            // The shader asked here adds one to what the true one gives: a driver that runs subgroups in another order would look like this.
            var text = new ShaderSource().Read("LaneProbe.comp").Replace("STORE(Y, gl_WorkGroupID.x, v)", "STORE(Y, gl_WorkGroupID.x, v + 1u)", StringComparison.Ordinal);
            using var test = new DeviceUnderTest(driver);
            Assert.True(test.Device.Limits.HasLaneChain);
            LaneProbe.Confirm(test.Device, test.Transfers, test.Pipelines, text);
            Assert.False(test.Device.Limits.HasLaneChain);
        }
    }
}
