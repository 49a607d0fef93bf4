namespace Forge.Cli.Tests;

/// <summary>Command lines that make no sense end with 2 and say what would have.</summary>
public class UsageTests
{
    [Fact]
    public void UnknownOption_ExitsTwo_AndListsTheValidOnes() =>
        ForgeProgram.Run("devices", "--jsn").MustExit(2).MustComplain("no option --jsn", "Did you mean --json?", "--no-measure", "--device", "--quiet");

    [Fact]
    public void UnknownCommand_ExitsTwo_AndListsTheValidOnes() =>
        ForgeProgram.Run("deices").MustExit(2).MustComplain("no command 'deices'", "Did you mean devices?");

    [Fact]
    public void NoCommand_ExitsTwo_AndListsTheCommands() => ForgeProgram.Run().MustExit(2).MustComplain("needs a command", "devices");

    [Fact]
    public void SurplusArgument_ExitsTwo() => ForgeProgram.Run("devices", "now").MustExit(2).MustComplain("takes no argument 'now'");

    [Fact]
    public void OptionWithoutItsValue_ExitsTwo() => ForgeProgram.Run("devices", "--device").MustExit(2).MustComplain("--device");

    [Theory]
    [InlineData("-1"), InlineData("abc"), InlineData("18446744073709551616"), InlineData("1.5")]
    public void SeedThatIsNoNumber_ExitsTwo_AndNamesIt(string seed) =>
        ForgeProgram.Run("devices", "--seed=" + seed).MustExit(2).MustComplain($"--seed is '{seed}'", "2^64 - 1");

    [Fact]
    public void Help_ExitsZero_AndListsTheCommands()
    {
        var help = ForgeProgram.Run("--help").MustExit(0);
        Assert.Contains("devices", help.Stdout, StringComparison.Ordinal);
        Assert.Empty(help.Stderr);
    }

    [Fact]
    public void UnknownSwitch_WarnsOnce_AndGoesOn()
    {
        var run = ForgeProgram.Run(["devices", "--no-measure"], environment: new Dictionary<string, string?> { ["FORGE_DEVCE"] = "0", ["VK_DRIVER_FILES"] = "/nonexistent" });
        run.MustExit(4).MustComplain("warning: FORGE_DEVCE is set", "FORGE_DEVICE");
        Assert.Equal(2, run.Stderr.Split("FORGE_DEVCE").Length);
    }
}
