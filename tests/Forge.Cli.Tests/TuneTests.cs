using System.Text.Json;

namespace Forge.Cli.Tests;

/// <summary><c>forge tune</c> as a user runs it, also with variants that answer wrongly, crash and hang.</summary>
public class TuneTests
{
    // An odd number of elements has portable variants alone, on every software driver: 64 or 256 lanes, 32, 8 or 1 elements each.
    private const string Shape = "129x131", Default = "portable/lanes64x1each32";
    private const string Wrong = "portable/lanes64x1each8", Hangs = "portable/lanes64x1each1", Crashes = "portable/lanes256x1each1";

    [Theory]
    [InlineData("", "sgemm", "cnn28")]
    [InlineData("--op gemm --shape 1x1x1", "--op is 'gemm'", "sgemm")]
    [InlineData("--model resnet", "--model is 'resnet'", "cnn150")]
    [InlineData("--op sgemm", "--shape", "MxNxK")]
    [InlineData("--shape 1x1x1", "--op", "softmax")]
    [InlineData("--op sgemm --shape 64x64", "'64x64'", "such as")]
    [InlineData("--op sgemm --shape 8x8x8 --model cnn28", "--model", "--op")]
    [InlineData("--op relu --shape 8x8 --precision strict32", "--precision", "--model")]
    [InlineData("--op relu --shape 8x8 --limit 0", "--limit", "above 0")]
    public void WrongUse_ExitsTwo_AndSaysWhatIsValid(string words, string first, string second) =>
        ForgeProgram.Run(["tune", .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).MustExit(2).MustComplain(first, second);

    [NamedDriverFact("mesa25")]
    public void WrongCrashingAndHangingVariants_AreQuarantined_AndNeverRunAgain() => PlantOneOfEach("mesa25");

    [NamedDriverFact("swiftshader")]
    public void WrongCrashingAndHangingVariants_AreQuarantined_OnSwiftShader() => PlantOneOfEach("swiftshader");

    private static void PlantOneOfEach(string driver)
    {
        using var shaders = new PlantedShaders();
        shaders.PlantIntoElementwise("""
            if (gl_WorkGroupSize.x == 64u && EACH == 8u && i == 4321u) STORE(Y0, i, 3.0);
            if (gl_WorkGroupSize.x == 64u && EACH == 1u && i == 0u) while (LOAD(X0, 0u) < 2.0) STORE(Y0, 0u, LOAD(X0, 1u));
            if (gl_WorkGroupSize.x == 256u && EACH == 1u) AT1_(float, Y0).e[0x70000000u + i] = 1.0;
            """);
        string[] tune = ["tune", "--op", "relu", "--shape", Shape, "--seconds", "1", "--json"];
        var run = ForgeProgram.Run([.. tune, "--limit", "12"], environment: shaders.Environment(driver)).MustExit(0);
        foreach (var (variant, verdict, words) in ((string, string, string)[])[(Wrong, "wrong", "on the device"), (Hangs, "hung", "no answer"), (Crashes, "crashed", "SIGSEGV")])
        {
            var said = Said(run, variant);
            Assert.Equal((verdict, true), (said.GetProperty("verdict").GetString(), said.GetProperty("quarantined").GetBoolean()));
            Assert.Contains(words, said.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Contains(variant, run.Stderr, StringComparison.Ordinal); // people are told, too
        }
        Assert.Equal("right", Said(run, Default).GetProperty("verdict").GetString());
        var tuned = Assert.Single(run.EventsNamed("tuned"));
        Assert.Equal(3, tuned.GetProperty("quarantined").GetInt32());
        Assert.DoesNotContain(tuned.GetProperty("variant").GetString(), (string[])[Wrong, Hangs, Crashes]);

        // A second run does not try them again: with so long a limit the one that hangs would not end.
        var again = ForgeProgram.Run([.. tune, "--limit", "3600"], environment: shaders.Environment(driver)).MustExit(0);
        Assert.Equal(3, Assert.Single(again.EventsNamed("tuned")).GetProperty("quarantined").GetInt32());

        // The untuned default, found wrong in another tuning, is not run even where tuned choices are off.
        shaders.PlantIntoElementwise("if (gl_WorkGroupSize.x == 64u && EACH == 32u && i == 7u) STORE(Y0, i, 3.0);");
        ForgeProgram.Run(tune, environment: shaders.Environment(driver)).MustExit(0);
        Assert.NotEqual(Default, Timed(shaders.Environment(driver, tune: "off")));
        ForgeProgram.Run(["tune", "--forget"], environment: shaders.Environment(driver)).MustExit(0);
        Assert.Equal(Default, Timed(shaders.Environment(driver, tune: "off")));
    }

    [NamedDriverFact("mesa25")]
    public void FastestVariant_IsUsed_UntilAShaderChangesOrTuningIsOff()
    {
        using var shaders = new PlantedShaders();
        // The default does its work twenty times over: right, and never the fastest.
        shaders.PlantIntoElementwise("if (EACH == 32u && gl_WorkGroupSize.x == 64u) for (uint k = 0; k < 20u; ++k) { STORE(Y0, i, float(k)); chain(i); }");
        var environment = shaders.Environment("mesa25");
        Assert.Equal(Default, Timed(environment));
        var tuned = Assert.Single(ForgeProgram.Run(["tune", "--op", "relu", "--shape", Shape, "--seconds", "2", "--json", "--table", shaders.Beside("table.json")], environment: environment).MustExit(0).EventsNamed("tuned"));
        var winner = tuned.GetProperty("variant").GetString()!;
        Assert.NotEqual(Default, winner);
        Assert.True(tuned.GetProperty("vs_default").GetDouble() > 1);
        Assert.Equal(winner, Timed(environment));
        Assert.Equal(winner, JsonDocument.Parse(File.ReadAllText(shaders.Beside("table.json"))).RootElement.GetProperty("Choices")[0].GetProperty("Variant").GetString());
        Assert.Equal(Default, Timed(shaders.Environment("mesa25", tune: "off")));
        shaders.PlantIntoElementwise("");
        Assert.Equal(Default, Timed(environment));
    }

    [NamedDriverFact("mesa25")]
    public void QuarantinedVariant_IsNamed_ByTrainingBenchesAndProfiles_WithWhatRunsInstead()
    {
        const string Right = "return mix(a, b, (b > a || isNaN(b)) && !isNaN(a));", Avoided = "lane/runs4x26";
        using var shaders = new PlantedShaders();
        var text = File.ReadAllText(shaders["MaxPool2D.lane.comp"]);
        Assert.Contains(Right, text, StringComparison.Ordinal);
        File.WriteAllText(shaders["MaxPool2D.lane.comp"], text.Replace(Right, "return mix(a, b, b < a);", StringComparison.Ordinal));
        var environment = shaders.Environment("mesa25");
        ForgeProgram.Run(["tune", "--op", "maxpool", "--shape", "128x26x26x32", "--seconds", "1"], environment: environment).MustExit(0);

        var data = TinyImages.Write(shaders.Beside("data"));
        string[][] commands =
        [
            ["bench", "op", "--op", "maxpool", "--shape", "4x26x26x32", "--iters", "1"],
            ["bench", "step", "--model", "cnn28", "--iters", "2", "--warmup", "0"],
            ["profile", "--model", "cnn28", "--steps", "1"],
            ["train", "cnn", "--data", data, "--size", "28", "--batch", "4", "--epochs", "1", "--out", shaders.Beside("run")],
        ];
        foreach (var words in commands)
        {
            var run = ForgeProgram.Run([.. words, "--json"], environment: environment).MustExit(0);
            var said = Assert.Single(run.EventsNamed("avoided"), e => e.GetProperty("variant").GetString() == Avoided);
            Assert.Equal(("MaxPool2D", "wrong"), (said.GetProperty("kernel").GetString(), said.GetProperty("verdict").GetString()));
            Assert.StartsWith("portable/", said.GetProperty("instead").GetString(), StringComparison.Ordinal);
            Assert.Contains("26, 26, 32", said.GetProperty("op").GetString(), StringComparison.Ordinal);
            Assert.NotEmpty(said.GetProperty("message").GetString()!);
            Assert.Single(run.Stderr.Split('\n'), l => l.Contains($"warning: MaxPool2D {Avoided} is quarantined", StringComparison.Ordinal));
        }
    }

    [NamedDriverFact("swiftshader")]
    public void DamagedTuningFile_IsIgnored()
    {
        using var shaders = new PlantedShaders();
        var environment = shaders.Environment("swiftshader");
        ForgeProgram.Run(["tune", "--op", "relu", "--shape", "9x9", "--seconds", "1"], environment: environment).MustExit(0);
        var file = Assert.Single(Directory.GetFiles(Path.Combine(environment["XDG_CACHE_HOME"]!, "forge", "tuning"), "*.json"));
        File.WriteAllText(file, "{}");
        ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "9x9", "--iters", "1"], environment: environment).MustExit(0);
    }

    [DriverFact]
    public void UnknownSetting_IsAnErrorThatSaysWhatCanBeSaid() =>
        ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "9x9"], environment: new Dictionary<string, string?> { ["FORGE_TUNE"] = "search" }).MustExit(4).MustComplain("FORGE_TUNE is 'search'", "cached or off");

    private static JsonElement Said(Finished run, string variant) => Assert.Single(run.EventsNamed("variant"), e => e.GetProperty("variant").GetString() == variant);

    // The variant that runs when none is named.
    private static string Timed(Dictionary<string, string?> environment) =>
        Assert.Single(ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", Shape, "--iters", "1", "--warmup", "0"], environment: environment).MustExit(0).Events).GetProperty("variant").GetString()!;
}
