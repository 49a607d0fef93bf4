using System.Text.RegularExpressions;

namespace Forge.Cli.Tests;

/// <summary>docs/cli.md's table of events against what the program prints.</summary>
public class EventDocumentationTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public void EveryMemberThatIsPrinted_IsInTheTable_AndTheOtherWayRound()
    {
        var picture = Directory.EnumerateFiles(trained.Data, "*.png", SearchOption.AllDirectories).First();
        Finished[] runs =
        [
            trained.Output,
            ForgeProgram.Run("evaluate", trained.Folder, "--device", "reference", "--json", "--png", trained.Scratch("matrix.png")).MustExit(0),
            ForgeProgram.Run("predict", trained.Folder, picture, "--device", "reference", "--json").MustExit(0),
            ForgeProgram.Run("evaluate", trained.Scratch("nowhere"), "--device", "reference", "--json").MustExit(3),
        ];
        MustBeDocumented(runs);
        Assert.Equal(["device", "done", "epoch", "error", "evaluation", "model", "prediction", "validation"], runs.SelectMany(r => r.Events).Select(e => e.GetProperty("event").GetString()).Distinct().Order());
    }

    /// <summary>Fails where an event of these runs has a member that the table lacks, or lacks one that the table has.</summary>
    internal static void MustBeDocumented(params IReadOnlyList<Finished> runs)
    {
        var table = Table();
        foreach (var group in runs.SelectMany(r => r.Events).GroupBy(e => e.GetProperty("event").GetString()!))
        {
            Assert.True(table.TryGetValue(group.Key, out var row), $"docs/cli.md has no event {group.Key}");
            var printed = group.SelectMany(e => e.EnumerateObject()).Select(p => p.Name).Where(n => n != "event").Distinct().ToList();
            Assert.All(printed, member => Assert.True(row.Always.Contains(member) || row.Sometimes.Contains(member), $"docs/cli.md does not name {member} of the event {group.Key}"));
            // The reference is no device with a driver.
            if (group.Key != "device") Assert.All(row.Always, member => Assert.True(printed.Contains(member), $"docs/cli.md names {member}, which the event {group.Key} does not have"));
        }
    }

    // Rows are | `event`, `event` | `member`, `member` (what it is), ... also `member` |; what follows "also" is there only sometimes.
    private static Dictionary<string, (HashSet<string> Always, HashSet<string> Sometimes)> Table()
    {
        var text = File.ReadAllText(Path.Combine(ForgeProgram.Repository, "docs", "cli.md"));
        var rows = text[text.IndexOf("## Events of `--json`", StringComparison.Ordinal)..text.IndexOf("## Switches", StringComparison.Ordinal)].Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal));
        var table = new Dictionary<string, (HashSet<string>, HashSet<string>)>();
        foreach (var cells in rows.Select(r => r.Split(" | ", 2)))
        {
            var members = Regex.Replace(cells[1], @"\([^)]*\)", "").Split("also", 2);
            foreach (var name in Names(cells[0])) table[name] = (Names(members[0]), Names(members.ElementAtOrDefault(1) ?? ""));
        }
        return table;
    }

    private static HashSet<string> Names(string text) => [.. Regex.Matches(text, "`([a-z_0-9]+)`").Select(m => m.Groups[1].Value)];
}
