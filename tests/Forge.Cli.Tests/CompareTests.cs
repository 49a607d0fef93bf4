using System.Text.Json;
using Forge.Cli.Measuring;

namespace Forge.Cli.Tests;

/// <summary>Comparisons with other programs: in turn, by the faster of a peer's modes, and whatever becomes of a peer.</summary>
public class CompareTests
{
    private static readonly ComparedWorkload s_net = ComparedWorkload.All[0];

    [Fact]
    public void Contestants_RunInTurn()
    {
        var order = new List<string>();
        Comparison.Run([s_net], [Fake("forge", null, 10), Fake("slow", "p", 20), Fake("once", "q", 5, mostRounds: 1)], 2, (round, _, who, _, _) => order.Add($"{round} {who.Name}"), default);
        Assert.Equal(["0 forge", "0 slow", "0 once", "1 forge", "1 slow"], order);
    }

    [Fact]
    public void Ratio_IsToTheFasterOfAGroup()
    {
        var result = Assert.Single(Run(Fake("forge", null, 10), Fake("slow", "p", 40), Fake("fast", "p", 20)));
        Assert.Equal(new Ratio("p", "fast", 0.5, 0.5, 0.5), Assert.Single(result.Ratios));
    }

    [Fact]
    public void Ratios_AreTakenRoundByRound()
    {
        // The machine is three times slower in the second round; the ratio isn't.
        var result = new ComparedResult(s_net, [Standing("forge", null, 10, 30), Standing("peer", "p", 20, 60), Standing("once", "q", 40)]);
        Assert.Equal([new Ratio("p", "peer", 0.5, 0.5, 0.5), new Ratio("q", "once", 0.25, 0.25, 0.25)], result.Ratios);
        Assert.Equal((20, 10, 30), (result.Own.Ms, result.Own.MsMin, result.Own.MsMax));
    }

    [Fact]
    public void PeerThatFails_IsToldOnce_AndTheOthersGoOn()
    {
        var (calls, broken) = (0, Shell("broken", "p", "echo loading; echo no such module >&2; exit 3"));
        var results = Comparison.Run([s_net], [Fake("forge", null, 10), broken, Shell("silent", "q", "echo '{\"workload\": \"cnn28\", \"ms\": null, \"note\": \"cannot convolve\"}'"), new("absent", "r", _ => new(new("/nonexistent/program", [])))],
            3, (_, _, who, _, _) => calls += who.Name == "broken" ? 1 : 0, default);
        Assert.Equal(1, calls);
        var standings = results[0].Standings;
        Assert.Equal((null, "no such module", "cannot convolve"), (standings[0].Failure, standings[1].Failure, standings[2].Failure));
        Assert.NotNull(standings[3].Failure);
        Assert.Equal(3, standings[0].Rounds.Count);
        var report = new ComparisonReport(DateTimeOffset.UnixEpoch, 3, 0.1, results, ["tfjs: get it"]);
        Assert.Contains("failed: no such module", report.Markdown(), StringComparison.Ordinal);
        Assert.Contains("Not compared: tfjs: get it", report.Markdown(), StringComparison.Ordinal);
        Assert.Single(report.Entries);
    }

    [Fact]
    public void Cancelling_EndsThePeer()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var started = DateTime.UtcNow;
        Assert.Throws<OperationCanceledException>(() => Comparison.Run([s_net], [Shell("sleepy", null, "sleep 60")], 1, (_, _, _, _, _) => { }, soon.Token));
        Assert.True(DateTime.UtcNow - started < TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("--only", "cnn29", "cnn28, cnn150"), InlineData("--only", "cnn28,", "cnn28, cnn150"), InlineData("--peers", "tensorflow", "torch, tfjs"), InlineData("--drivers", "mesa", "mesa22, swiftshader"),
     InlineData("--rounds", "0", "at least 1"), InlineData("--torch-device", "gpu", "cpu, cuda")]
    public void WordThatIsNone_ExitsTwo_AndListsTheValidOnes(string option, string word, string valid) =>
        ForgeProgram.Run("bench", "compare", option, word).MustExit(2).MustComplain(option, valid);

    [DriverFact]
    public void Command_ComparesWithAPeersProgram_AndKeepsTheResult()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["python"], """
            #!/bin/sh
            [ "$1" = -c ] && exit 0
            shift; echo "$@" >> "$(dirname "$0")/calls"
            echo '{"peer": "pytorch-fake", "workload": "sgemm256", "ms": 1000, "ms_min": 900, "ms_max": 1100, "n": 12, "peak_rss_mib": 7}'
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder["python"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var environment = new Dictionary<string, string?> { ["FORGE_PYTHON"] = folder["python"], ["XDG_DATA_HOME"] = folder["data"] };
        var run = ForgeProgram.Run(["bench", "compare", "--only", "sgemm256", "--rounds", "2", "--drivers", "none", "--history", folder["h"], "--markdown", folder["c.md"], "--result", folder["c.json"], "--json"], environment: environment).MustExit(0);
        var ratio = Assert.Single(Assert.Single(run.EventsNamed("comparison")).GetProperty("ratios").EnumerateArray());
        Assert.Equal(("torch", "torch"), (ratio.GetProperty("peer").GetString(), ratio.GetProperty("fastest").GetString()));
        Assert.InRange(ratio.GetProperty("ratio").GetDouble(), 0, 0.5);
        Assert.Equal(2, File.ReadAllLines(folder["calls"]).Length);
        Assert.Contains("| torch ", File.ReadAllText(folder["c.md"]), StringComparison.Ordinal);
        Assert.Contains("Not compared: tfjs", run.Stderr, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(File.ReadAllText(folder["c.json"]));
        Assert.Equal([1000, 1000], document.RootElement.GetProperty("workloads")[0].GetProperty("contestants")[1].GetProperty("rounds").EnumerateArray().Select(r => r.GetInt32()));
        var kept = Assert.Single(new History(folder["h"]).Read(Assert.Fail));
        Assert.Equal(("sgemm256", ratio.GetProperty("ratio").GetDouble()), (kept.Workload, kept.Ratios["torch"]));
    }

    [DriverFact]
    public void PeersThatAreMissing_AreNamed_WithTheCommandThatGetsThem()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["FORGE_PYTHON"] = "/bin/false", ["XDG_DATA_HOME"] = folder.Path };
        var run = ForgeProgram.Run(["bench", "compare", "--only", "sgemm256", "--rounds", "1", "--drivers", "swiftshader", "--history", folder["h"]], environment: environment).MustExit(0);
        foreach (var words in (string[])["sudo apt-get install --no-install-recommends python3-torch", "FORGE_SETUP=yes ./forge bench compare", "./forge test"]) Assert.Contains(words, run.Stdout, StringComparison.Ordinal);
    }

    private static IReadOnlyList<ComparedResult> Run(params IReadOnlyList<Contestant> contestants) => Comparison.Run([s_net], contestants, 2, (_, _, _, _, _) => { }, default);

    private static Contestant Fake(string name, string? group, double ms, int mostRounds = int.MaxValue) => Shell(name, group, $"echo '{{\"peer\": \"{name}\", \"workload\": \"cnn28\", \"ms\": {ms}}}'", mostRounds);

    private static Contestant Shell(string name, string? group, string script, int mostRounds = int.MaxValue) => new(name, group, _ => new(new("/bin/sh", ["-c", script]), mostRounds));

    private static Standing Standing(string name, string? group, params double[] rounds) =>
        new(Fake(name, group, 0), rounds.Select((ms, i) => (ms, i)).ToDictionary(r => r.i, r => new Timing(name, "cnn28", r.ms, r.ms, r.ms, null, 1, null, null, null)), null);
}
