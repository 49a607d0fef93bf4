namespace Forge.Cli.Tests;

/// <summary>Machines without what Forge needs, and devices nobody has: exit code 4 and what to do.</summary>
public class DeviceTests
{
    private static Dictionary<string, string?> With(params (string Name, string? Value)[] variables) => variables.ToDictionary(v => v.Name, v => v.Value);

    [Fact]
    public void NoLoader_ExitsFour_AndSaysWhatToInstall() =>
        ForgeProgram.Run(["devices"], environment: With(("FORGE_VULKAN_LOADER", "/nonexistent"))).MustExit(4).MustComplain("loader", "/nonexistent", "apt install");

    [DriverFact]
    public void LoaderWithoutDrivers_ExitsFour_AndNeverSpeaksOfMemory()
    {
        var run = ForgeProgram.Run(["devices"], environment: With(("VK_DRIVER_FILES", "/nonexistent"), ("VK_ICD_FILENAMES", "/nonexistent")));
        run.MustExit(4).MustComplain("No Vulkan driver", "apt install");
        Assert.DoesNotContain("emory", run.Stderr, StringComparison.Ordinal);
    }

    [DriverFact]
    public void UnknownDevice_ExitsFour_AndListsTheDevices()
    {
        var listed = ForgeProgram.Run("devices", "--no-measure", "--json").MustExit(0).EventsNamed("device")[0].GetProperty("name").GetString()!;
        ForgeProgram.Run("devices", "--device", "no such thing").MustExit(4).MustComplain("'no such thing'", listed, "--device");
        ForgeProgram.Run("devices", "--device", "99").MustExit(4).MustComplain("no device 99", listed);
    }

    [DriverFact]
    public void DeviceSwitch_IsReadLikeTheOption() =>
        ForgeProgram.Run(["devices"], environment: With(("FORGE_DEVICE", "no such thing"))).MustExit(4).MustComplain("'no such thing'");

    [TwoDriversFact]
    public void AmbiguousDevice_ExitsFour_AndListsTheMatches()
    {
        var both = With(("VK_DRIVER_FILES", Needs.Manifest("mesa25") + ":" + Needs.Manifest("swiftshader")));
        ForgeProgram.Run(["devices", "--no-measure", "--device", "e"], environment: both).MustExit(4).MustComplain("matches 2 devices", "llvmpipe", "SwiftShader");
        ForgeProgram.Run(["devices", "--no-measure", "--device", "swiftsh"], environment: both).MustExit(0);
    }

    [DriverFact]
    public void Failure_WithJson_IsAnEventToo()
    {
        var run = ForgeProgram.Run("devices", "--json", "--device", "no such thing").MustExit(4);
        var error = Assert.Single(run.EventsNamed("error"));
        Assert.Equal(4, error.GetProperty("exit_code").GetInt32());
        Assert.Contains("no such thing", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [DriverFact]
    public void Debug_AddsTheStackTrace() =>
        Assert.Contains("   at ", ForgeProgram.Run(["devices", "--device", "99"], environment: With(("FORGE_DEBUG", "1"))).MustExit(4).Stderr, StringComparison.Ordinal);

    [DriverFact]
    public void Devices_CallASoftwareDriverOne()
    {
        var devices = ForgeProgram.Run("devices", "--no-measure", "--json").MustExit(0).EventsNamed("device");
        Assert.All(devices, d => Assert.Equal(d.GetProperty("type").GetString() == "software", d.GetProperty("software").GetBoolean()));
        Assert.Single(devices, d => d.GetProperty("chosen").GetBoolean());
    }

    [DriverFact]
    public void Devices_AreMeasured()
    {
        var run = ForgeProgram.Run("devices", "--json").MustExit(0);
        var usable = run.EventsNamed("device").Where(d => !d.TryGetProperty("problem", out _)).ToList();
        Assert.NotEmpty(usable);
        Assert.All(usable, d => Assert.True(d.GetProperty("gflops").GetDouble() > 0 && d.GetProperty("gbs").GetDouble() > 0, run.Stderr));
        Assert.Contains("GFLOP/s", run.Stderr, StringComparison.Ordinal);
    }
}
