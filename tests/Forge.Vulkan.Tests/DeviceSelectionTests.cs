using Forge.Core;

namespace Forge.Vulkan.Tests;

public class DeviceSelectionTests
{
    private static readonly DeviceDescription s_software = Fake(0, "llvmpipe (LLVM 19.1.4, 256 bits)", DeviceKind.Software, "llvmpipe", "Mesa 25.0.7");
    private static readonly DeviceDescription s_integrated = Fake(1, "Intel(R) UHD Graphics 620", DeviceKind.Integrated, "Intel open-source Mesa driver", "Mesa 25.0.7");
    private static readonly DeviceDescription s_discrete = Fake(2, "NVIDIA GeForce RTX 3060", DeviceKind.Discrete, "NVIDIA", "570.86");
    private static readonly DeviceDescription s_second = Fake(3, "NVIDIA GeForce RTX 3090", DeviceKind.Discrete, "NVIDIA", "570.86");
    private static readonly DeviceDescription s_virtual = Fake(4, "Virtio-GPU Venus", DeviceKind.Virtual, "venus", "Mesa 24.3");
    private static readonly DeviceDescription[] s_all = [s_software, s_integrated, s_discrete, s_second, s_virtual];

    [Fact]
    public void Auto_PrefersDiscreteThenIntegratedThenVirtualThenSoftware()
    {
        Assert.Equal(s_discrete, DeviceSelection.Choose(s_all, null));
        Assert.Equal(s_discrete, DeviceSelection.Choose(s_all, "AUTO"));
        Assert.Equal(s_integrated, DeviceSelection.Choose([s_virtual, s_software, s_integrated], " "));
        Assert.Equal(s_virtual, DeviceSelection.Choose([s_software, s_virtual], "auto"));
        Assert.Equal(s_software, DeviceSelection.Choose([s_software], "auto"));
    }

    [Fact]
    public void Number_IsAnIndex() => Assert.Equal(s_second, DeviceSelection.Choose(s_all, "3"));

    [Fact]
    public void Number_OfNoDevice_ListsTheDevices()
    {
        var error = Assert.Throws<DeviceException>(() => DeviceSelection.Choose(s_all, "7"));
        Assert.Contains("no device 7", error.Message, StringComparison.Ordinal);
        Assert.All(s_all, d => Assert.Contains(d.Name, error.Message, StringComparison.Ordinal));
    }

    [Theory, InlineData("3090"), InlineData("rtx 3090"), InlineData("NVIDIA GeForce RTX 3090")]
    public void PartOfAName_InAnyCase_IsEnough(string wanted) => Assert.Equal(s_second, DeviceSelection.Choose(s_all, wanted));

    [Fact]
    public void DriversName_IsEnough() => Assert.Equal(s_virtual, DeviceSelection.Choose(s_all, "venus"));

    [Fact]
    public void ExactName_WinsOverALongerOne()
    {
        var longer = s_discrete with { Index = 9, Name = s_discrete.Name + " Ti" };
        Assert.Equal(s_discrete, DeviceSelection.Choose([longer, s_discrete], "nvidia geforce rtx 3060"));
    }

    [Fact]
    public void AmbiguousName_ListsTheMatchesAlone()
    {
        var error = Assert.Throws<DeviceException>(() => DeviceSelection.Choose(s_all, "geforce"));
        Assert.Contains("matches 2 devices", error.Message, StringComparison.Ordinal);
        Assert.Contains("3090", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Intel", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownName_ListsTheDevices()
    {
        var error = Assert.Throws<DeviceException>(() => DeviceSelection.Choose(s_all, "voodoo"));
        Assert.Contains("No device is called 'voodoo'", error.Message, StringComparison.Ordinal);
        Assert.Contains("software driver", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SoftwareDriver_IsCalledOne_InItsDescription() => Assert.Contains("software driver", s_software.ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("Mesa 25.0.7-2~bpo12+1 (LLVM 19.1.4)", true)]
    [InlineData("Mesa 24.0.1", true)]
    [InlineData("Mesa 22.3.6 (LLVM 15.0.6)", false)]
    [InlineData("", false)]
    [InlineData("Mesa git", false)]
    public void LaneChain_IsClaimedForNewLlvmpipeAlone(string detail, bool expected)
    {
        Assert.Equal(expected, Quirks.Of(s_software with { DriverId = Quirks.Llvmpipe, DriverDetail = detail }).LaneChain);
        Assert.False(Quirks.Of(s_software with { DriverId = Quirks.SwiftShader, DriverDetail = detail }).LaneChain);
        Assert.False(Quirks.Of(s_discrete with { DriverDetail = detail }).LaneChain);
    }

    [Fact]
    public void Identity_TellsDriverVersionsApart_ByTheirInfoString() =>
        Assert.NotEqual(s_software.Identity, (s_software with { DriverDetail = "Mesa 22.3.6" }).Identity);

    private static DeviceDescription Fake(int index, string name, DeviceKind kind, string driver, string detail) =>
        new(index, name, kind, 0x10de, 1, 4, driver, detail, 1, new Version(1, 3, 0), "00", "00", 8L << 30, 32);
}
