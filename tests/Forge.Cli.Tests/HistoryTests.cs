using Forge.Cli.Measuring;
using Forge.Core;

namespace Forge.Cli.Tests;

/// <summary>Measurements that are kept: what is written comes back, what is damaged is named and left out.</summary>
public class HistoryTests
{
    [Fact]
    public void Entry_ComesBackAsItWas()
    {
        using var folder = new TemporaryFolder();
        var history = new History(folder.Path);
        var entry = Entry("cnn28", 46.25, new() { ["torch"] = 0.65, ["tfjs"] = 0.0211 });
        history.Append(entry);
        var read = Assert.Single(history.Read(Assert.Fail));
        Assert.Equal(entry with { Ratios = read.Ratios }, read);
        Assert.Equal(entry.Ratios, read.Ratios);
    }

    [Fact]
    public void Shapes_OfOneOp_ShareAFile()
    {
        var history = new History("/h");
        Assert.Equal(history.FileOf("conv2d 8x36x36x64:3x3x128"), history.FileOf("conv2d 1x2x3x4:1x1x1 lane/packed"));
        Assert.NotEqual(history.FileOf("conv2d 8x36x36x64:3x3x128"), history.FileOf("conv2d-dx 8x36x36x64:3x3x128"));
        Assert.Equal("..__etc_passwd.jsonl", Path.GetFileName(history.FileOf("../\u00e9etc/passwd")));
    }

    [Fact]
    public void DamagedLines_AreNamed_AndTheOthersRead()
    {
        using var folder = new TemporaryFolder();
        var history = new History(folder.Path);
        var file = history.Append(Entry("cnn28", 46, []));
        File.AppendAllText(file, "{\"date\": \"2026-\n\n[1]\n{\"ms\": 5}\n" + File.ReadAllText(file).Replace("\"ms\":46", "\"ms\":-46", StringComparison.Ordinal));
        history.Append(Entry("cnn28", 47, []));
        var damaged = new List<string>();
        Assert.Equal([46, 47], history.Read(damaged.Add).Select(e => e.Ms));
        Assert.Equal([2, 4, 5, 6], damaged.Select(d => int.Parse(d[(d.LastIndexOf(' ') + 1)..])));
        Assert.All(damaged, d => Assert.StartsWith(file, d, StringComparison.Ordinal));
    }

    [Fact]
    public void WritersAtOnce_MixNoLines()
    {
        using var folder = new TemporaryFolder();
        Parallel.For(0, 256, i => new History(folder.Path).Append(Entry("cnn28", i + 1, new() { ["torch"] = 1 })));
        Assert.Equal(Enumerable.Range(1, 256).Select(i => (double)i), new History(folder.Path).Read(Assert.Fail).Select(e => e.Ms).Order());
    }

    [Fact]
    public void FolderThatCannotBeWritten_IsADataError()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        Assert.Contains("--history", Assert.Throws<DataException>(() => new History(folder["file", "below"]).Append(Entry("cnn28", 1, []))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_PrintsSeriesWithChanges_AndDrawsThem()
    {
        using var folder = new TemporaryFolder();
        var history = new History(folder["h"]);
        history.Append(Entry("cnn28", 80, []));
        history.Append(Entry("cnn28", 40, new() { ["torch"] = 0.65 }) with { Date = s_date.AddDays(1) });
        history.Append(Entry("cnn28", 900, []) with { Driver = "SwiftShader" });
        File.AppendAllText(history.FileOf("cnn28"), "half a li");
        var run = ForgeProgram.Run("bench", "history", "--from", folder["h"], "--plot", folder["times.png"]).MustExit(0).MustComplain("line 4");
        Assert.Contains("0.50x", run.Stdout, StringComparison.Ordinal);
        Assert.Contains("0.65 of torch", run.Stdout, StringComparison.Ordinal);
        Assert.Equal(2, run.Stdout.Split("cnn28 on ").Length - 1);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], File.ReadAllBytes(folder["times.png"]).Take(4).Select(b => (int)b));
        var events = ForgeProgram.Run("bench", "history", "--from", folder["h"], "--json").MustExit(0).EventsNamed("measurement");
        Assert.Equal([80, 40, 900], events.Select(e => e.GetProperty("ms").GetDouble()));
    }

    [Fact]
    public void NothingKept_ExitsThree_AndSaysWhatBegins()
    {
        using var folder = new TemporaryFolder();
        ForgeProgram.Run("bench", "history", "--from", folder["none"]).MustExit(3).MustComplain(folder["none"], "forge bench compare");
        ForgeProgram.Run("bench", "history", "--from", folder.Path).MustExit(3).MustComplain("no measurement");
    }

    [Fact]
    public void UnknownWorkload_ExitsTwo_AndListsThoseKept()
    {
        using var folder = new TemporaryFolder();
        new History(folder.Path).Append(Entry("cnn28", 46, []));
        ForgeProgram.Run("bench", "history", "--from", folder.Path, "--workload", "cnn29").MustExit(2).MustComplain("'cnn29'", "cnn28");
    }

    [DriverFact]
    public void Bench_WithHistory_KeepsALine()
    {
        using var folder = new TemporaryFolder();
        ForgeProgram.Run("bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "3", "--history", folder.Path).MustExit(0).MustComplain("relu.jsonl");
        ForgeProgram.Run("bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "3", "--variant", "portable", "--history", folder.Path).MustExit(0);
        var kept = new History(folder.Path).Read(Assert.Fail);
        Assert.Equal(["relu 8x8", "relu 8x8 portable/"], kept.Select(e => e.Workload[..Math.Min(18, e.Workload.Length)]));
        Assert.All(kept, e => Assert.True(e.Ms > 0 && e.MsMin <= e.Ms && e.Ms <= e.MsMax && e.Runs == 3 && e.Device.Length > 0 && e.Commit.Length > 3, e.ToString()));
    }

    private static readonly DateTimeOffset s_date = new(2026, 11, 22, 16, 5, 37, TimeSpan.Zero);

    private static HistoryEntry Entry(string workload, double ms, Dictionary<string, double> ratios) =>
        new(s_date, "0123abcdef", "a processor, 2 cores", "llvmpipe", "Mesa 25.0.7", workload, "bench compare", ms, ms - 0.5, ms + 2, 12, 0.25, ratios);
}
