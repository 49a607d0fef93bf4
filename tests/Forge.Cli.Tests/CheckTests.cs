namespace Forge.Cli.Tests;

/// <summary><c>forge check</c> as a user runs it, also with kernels that answer wrongly, crash and hang.</summary>
public class CheckTests
{
    [Theory]
    [InlineData("--op Conv2", 2, "no op 'Conv2'", "Did you mean Conv2D")]
    [InlineData("--op Add,Zebra", 2, "no op 'Zebra'", "Transpose")]
    [InlineData("--op Zebra", 2, "no op 'Zebra'", "Transpose")]
    [InlineData("--trials 0", 2, "--trials is '0'", "at least 1")]
    [InlineData("--trials many", 2, "--trials is 'many'", "at least 1")]
    [InlineData("--op Add --variants fast", 2, "--variants is 'fast'", "all, default")]
    [InlineData("--variants portable/lanes64", 2, "--variants", "--op")]
    [InlineData("--under water", 2, "--under has 'water'", "workgroup64")]
    [InlineData("--case 3", 2, "--case", "--op")]
    [InlineData("--op Add --case 3 --draws 1,2", 2, "--case", "--draws")]
    [InlineData("--op Add --draws 1,x", 2, "--draws is '1,x'", "such as")]
    [InlineData("--op Add --limit 0", 2, "--limit", "above 0")]
    [InlineData("--op Add --report /nowhere/check.html", 3, "/nowhere/check.html", "no folder /nowhere")]
    [InlineData("--op Add --report /tmp", 3, "--report /tmp is a folder", "check.html")]
    [InlineData("--op Add --report /proc/check.html", 3, "--report /proc/check.html cannot be written", "/proc takes no file")]
    public void WrongUse_IsOneClearError(string words, int code, string first, string second)
    {
        var run = ForgeProgram.Run(["check", .. words.Split(' ')]).MustExit(code).MustComplain(first, second);
        Assert.Single(run.Stderr.Split('\n'), line => line.StartsWith("forge: ", StringComparison.Ordinal));
    }

    [DriverFact]
    public void UnknownDevice_IsOneClearError() =>
        ForgeProgram.Run("check", "--op", "Add", "--trials", "1", "--device", "voodoo").MustExit(4).MustComplain("No device is called 'voodoo'", "Devices here");

    [DriverFact]
    public void RightOp_IsRight_UnderEverything_AndItsEventsAreDocumented()
    {
        var run = ForgeProgram.Run("check", "--op", "add", "--trials", "4", "--json", "--device", "all").MustExit(0);
        EventDocumentationTests.MustBeDocumented([run]);
        var rows = run.EventsNamed("check");
        Assert.Contains(rows, r => r.GetProperty("under").GetString() is null && r.GetProperty("cases").GetInt32() == 4);
        Assert.All(["checked", "bindings128m", "gradient", "empty"], under => Assert.Contains(rows, r => r.GetProperty("under").GetString() == under));
        Assert.All(rows, r => Assert.InRange(r.GetProperty("worst").GetDouble(), 0, r.GetProperty("allowed").GetDouble()));
        Assert.Equal(4, Assert.Single(run.EventsNamed("derivatives")).GetProperty("cases").GetInt32());
        Assert.Equal(0, Assert.Single(run.EventsNamed("done")).GetProperty("failures").GetInt32());
        Assert.Contains("./forge check --device", run.Stderr, StringComparison.Ordinal);
    }

    // Trial processes are this program once more: started by its own file here, by the .NET host elsewhere.
    [DriverFact]
    public void RightOp_IsRight_WhereTheProgramsOwnFileIsRun() =>
        ForgeProgram.Run(["check", "--op", "Add", "--trials", "1", "--under", "device"], shell: $"shift 2; set -- '{Path.ChangeExtension(ForgeProgram.Dll, null)}' \"$@\"").MustExit(0);

    [NamedDriverFact("mesa25")]
    public void WrongKernel_IsFound_Shrunk_AndItsReplayReproducesIt()
    {
        using var shaders = new PlantedShaders();
        // The sixth element alone, where elements go one by one.
        shaders.Replace("include/strided.glsl", "STORE(Y, to, LOAD(X, from));", "STORE(Y, to, to == 5u ? LOAD(X, 0u) : LOAD(X, from));");
        var environment = shaders.Environment("mesa25");
        var page = shaders.Beside("check.html");
        var run = ForgeProgram.Run(["check", "--op", "Transpose", "--trials", "12", "--under", "device", "--json", "--report", page], environment: environment).MustExit(1);
        EventDocumentationTests.MustBeDocumented([run]);
        var failed = run.EventsNamed("check").Where(r => r.GetProperty("verdict").GetString() == "wrong").ToList();
        Assert.NotEmpty(failed);
        Assert.Equal(failed.Count, Assert.Single(run.EventsNamed("done")).GetProperty("failures").GetInt32());
        // One file that loads nothing, and says what and where.
        var html = File.ReadAllText(page);
        Assert.DoesNotMatch("(?i)<script|<link|src=|https?:|@import|url\\(", html);
        Assert.All(["llvmpipe", "Mesa 25", "int64", "workgroup", "Transpose", $"{failed.Count} failure"], words => Assert.Contains(words, html, StringComparison.Ordinal));
        Assert.All(failed, row => Assert.Contains(row.GetProperty("replay").GetString()!, html, StringComparison.Ordinal));
        foreach (var row in failed)
        {
            // Six elements are the fewest that have a sixth.
            Assert.Equal(6, Elements(row.GetProperty("shapes").GetString()!));
            Assert.Contains("on the device", row.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.True(row.GetProperty("quarantined").GetBoolean());
            var replay = row.GetProperty("replay").GetString()!;
            Assert.StartsWith("./forge check --device 0 --op Transpose --draws ", replay, StringComparison.Ordinal);
            var again = ForgeProgram.Run([.. replay.Split(' ').Skip(1), "--json"], environment: environment).MustExit(1);
            Assert.Equal(row.GetProperty("message").GetString(), Assert.Single(again.EventsNamed("check")).GetProperty("message").GetString());
        }
        shaders.Restore("include/strided.glsl");
        ForgeProgram.Run(["check", "--op", "Transpose", "--trials", "3", "--under", "device"], environment: environment).MustExit(0);
    }

    [NamedDriverFact("mesa25")]
    public void CrashingAndHangingVariants_AreNamedAndQuarantined_AndTheOthersAreChecked()
    {
        using var shaders = new PlantedShaders();
        shaders.PlantIntoElementwise("""
            if (gl_WorkGroupSize.x == 64u && WIDTH == 1u && i == 0u) while (LOAD(X0, 0u) < 20.0) STORE(Y0, 0u, LOAD(X0, 0u));
            if (gl_WorkGroupSize.x == 256u && WIDTH == 1u) AT1_(float, Y0).e[0x70000000u + i] = 1.0;
            """);
        var environment = shaders.Environment("mesa25");
        var run = ForgeProgram.Run(["check", "--op", "Softplus", "--trials", "4", "--under", "device", "--limit", "6", "--json"], environment: environment).MustExit(1);
        var rows = run.EventsNamed("check").ToDictionary(r => r.GetProperty("variant").GetString()!);
        Assert.Equal("hung", rows["portable/lanes64x1each1"].GetProperty("verdict").GetString());
        Assert.Equal("crashed", rows["portable/lanes256x1each1"].GetProperty("verdict").GetString());
        Assert.Contains("SIGSEGV", rows["portable/lanes256x1each1"].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.All(rows.Values.Where(r => r.GetProperty("verdict").GetString() != "right"), r => Assert.True(r.GetProperty("quarantined").GetBoolean()));
        // Cases of an even number of elements have this one, too.
        Assert.Equal("right", rows["portable/lanes64x2each1"].GetProperty("verdict").GetString());
    }

    // Of the first tensor in "u32 (2, 3) f32 (4,)".
    private static int Elements(string shapes) =>
        shapes[(shapes.IndexOf('(', StringComparison.Ordinal) + 1)..shapes.IndexOf(')', StringComparison.Ordinal)].Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(1, (n, extent) => n * int.Parse(extent, System.Globalization.CultureInfo.InvariantCulture));
}
