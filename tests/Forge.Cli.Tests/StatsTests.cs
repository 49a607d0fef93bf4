using System.Text.Json;

namespace Forge.Cli.Tests;

/// <summary>FORGE_STATS, and the driver report that is made of it.</summary>
public sealed class StatsTests : IDisposable
{
    private static readonly string[] s_words = ["bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "1", "--warmup", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [DriverFact]
    public void DeviceClosed_AppendsALine_ThatTheReportCounts()
    {
        var stats = _folder["stats of mine"];
        for (var run = 1; run <= 2; run++)
        {
            ForgeProgram.Run(s_words, environment: new Dictionary<string, string?> { ["FORGE_STATS"] = stats }).MustExit(0);
            Assert.Equal(run, File.ReadAllLines(stats).Length);
        }
        using var line = JsonDocument.Parse(File.ReadLines(stats).First());
        Assert.NotEmpty(line.RootElement.GetProperty("device").GetString()!);
        var (pipelines, seconds) = (line.RootElement.GetProperty("pipelines").GetInt32(), line.RootElement.GetProperty("seconds").GetDouble());
        Assert.True(pipelines > 0 && line.RootElement.GetProperty("submissions").GetInt32() > 0 && seconds > 0, File.ReadAllText(stats));

        var name = DriverReport.DriverOf(line.RootElement.GetProperty("driver").GetString()!);
        var (runs, counted) = Counted(name);
        DriverReport.Count(stats);
        Assert.True(Counted(name) is var (r, p) && r >= runs + 2 && p >= counted + pipelines, string.Join('\n', DriverReport.Lines()));
    }

    [DriverFact]
    public void FileThatCannotBeWritten_IsAWarning() =>
        ForgeProgram.Run(s_words, environment: new Dictionary<string, string?> { ["FORGE_STATS"] = _folder["nowhere", "stats"] })
            .MustExit(0).MustComplain("warning: FORGE_STATS", _folder["nowhere", "stats"]);

    [Theory]
    [InlineData("llvmpipe Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6)", "mesa25"), InlineData("llvmpipe Mesa 22.3.6 (LLVM 15.0.6)", "mesa22")]
    [InlineData("SwiftShader driver", "swiftshader"), InlineData("radv Mesa 25.0.7", "system")]
    public void DriversHaveTheTestsNames(string driver, string name) => Assert.Equal(name, DriverReport.DriverOf(driver));

    private static (int Runs, int Pipelines) Counted(string driver) =>
        DriverReport.Lines().Select(l => l.Split('|')).Where(l => l[0] == driver).Select(l => (int.Parse(l[1]), int.Parse(l[2]))).SingleOrDefault();
}
