using System.Text.RegularExpressions;

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

    [Theory]
    [InlineData("--data", "train", "cnn", "--data", ""), InlineData("--out", "train", "cnn", "--out", ""), InlineData("--val", "train", "cnn", "--val", "")]
    [InlineData("--device", "devices", "--device", ""), InlineData("CHECKPOINT", "evaluate", ""), InlineData("PATH", "predict", "runs/x", "a.png", ""), InlineData("--png", "evaluate", "runs/x", "--png", "")]
    public void EmptyText_ExitsTwo_AndIsNamed(string name, params string[] words) => ForgeProgram.Run(words).MustExit(2).MustComplain(name + " is empty", "leave it out");

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

    [Fact]
    public void UnknownOption_WithJson_IsAnEventToo()
    {
        var error = Assert.Single(ForgeProgram.Run("train", "cnn", "--json", "--epoch", "3").MustExit(2).EventsNamed("error"));
        Assert.Equal(2, error.GetProperty("exit_code").GetInt32());
        Assert.Contains("Did you mean --epochs?", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void SeedSwitchThatIsNoNumber_ExitsTwo_AndIsNamed() =>
        ForgeProgram.Run(["train", "cnn", "--device", "reference", "--dry-run"], environment: new Dictionary<string, string?> { ["FORGE_SEED"] = "one" })
            .MustExit(2).MustComplain("FORGE_SEED is 'one'", "2^64 - 1");

    [Fact]
    public void Documentation_NamesEveryCommandAndOption()
    {
        var text = File.ReadAllText(Path.Combine(ForgeProgram.Repository, "docs", "cli.md"));
        foreach (var words in (string[][])[["devices"], ["train", "cnn"], ["evaluate"], ["predict"], ["bench", "step"], ["bench", "op"], ["bench", "compare"], ["bench", "history"], ["check"]])
        {
            Assert.Contains($"### `forge {string.Join(' ', words)}", text, StringComparison.Ordinal);
            var help = ForgeProgram.Run([.. words, "--help"]).MustExit(0).Stdout;
            var options = Regex.Matches(help, @"(?<=^ +)--[a-z-]+", RegexOptions.Multiline);
            Assert.True(options.Count > Options.Everywhere.Count, help);
            foreach (Match option in options)
                Assert.True(text.Contains(option.Value, StringComparison.Ordinal), $"docs/cli.md does not name {option.Value} of {string.Join(' ', words)}");
        }
    }

    [Fact]
    public void Documentation_NamesEverySwitch()
    {
        var text = File.ReadAllText(Path.Combine(ForgeProgram.Repository, "docs", "cli.md"));
        Assert.All(Vulkan.Switches.Known, name => Assert.Contains($"`{name}`", text, StringComparison.Ordinal));
    }
}
