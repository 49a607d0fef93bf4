namespace Forge.Cli.Tests;

/// <summary><c>forge lab</c> while shaders are edited.</summary>
public class LabTests
{
    private const string Shape = "129x131", Variant = "portable/lanes64x1each8";
    private static readonly string[] s_lab = ["lab", "relu", "--shape", Shape, "--variant", Variant, "--limit", "12", "--json"];

    [Theory]
    [InlineData("lab", "Required argument", "OP")]
    [InlineData("lab gemm --shape 8x8", "OP is 'gemm'", "conv2d-dw")]
    [InlineData("lab relu", "--shape", "--help")]
    [InlineData("lab relu --shape 8", "'8'", "such as")]
    public void WrongUse_ExitsTwo_AndSaysWhatIsValid(string words, string first, string second) => ForgeProgram.Run(words.Split(' ')).MustExit(2).MustComplain(first, second);

    [DriverFact]
    public void UnknownVariant_ExitsTwo_AndListsTheVariants() =>
        ForgeProgram.Run("lab", "relu", "--shape", "9x9", "--variant", "fast", "--once").MustExit(2).MustComplain("--variant is 'fast'", "portable/");

    [NamedDriverFact("mesa25")]
    public void EditsThatFail_KeepTheLastGoodVersion_AndTheNextIsTimedAgainstIt()
    {
        using var shaders = new PlantedShaders();
        using var lab = ForgeProgram.Start(s_lab, environment: shaders.Environment("mesa25"));
        lab.WaitFor("\"verdict\":\"right\"");
        Edit("this is no GLSL;", "\"verdict\":\"failed\"");
        Edit("STORE(Y0, i, 3.0);", "\"verdict\":\"wrong\"");
        Edit("AT1_(float, Y0).e[0x70000000u + i] = 1.0;", "\"verdict\":\"crashed\"");
        Edit("while (LOAD(X0, 0u) < 2.0) STORE(Y0, 0u, LOAD(X0, 1u));", "\"verdict\":\"hung\"");
        Edit("for (uint k = 0; k < 20u; ++k) { STORE(Y0, i, float(k)); chain(i); }", "\"changed\":[\"Elementwise.comp\"],\"verdict\":\"right\"");
        lab.Signal("INT");
        var events = lab.Finish().MustExit(0).EventsNamed("lab");
        Assert.Equal(["right", "failed", "wrong", "crashed", "hung", "right"], events.Select(e => e.GetProperty("verdict").GetString()));
        Assert.Contains("Elementwise.comp", events[1].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("this is no GLSL", events[1].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.All(events.Skip(1), e => Assert.Equal("Elementwise.comp", Assert.Single(e.GetProperty("changed").EnumerateArray()).GetString()));
        var (before, after) = (events[^1].GetProperty("ms_before").GetDouble(), events[^1].GetProperty("ms").GetDouble());
        Assert.True(after > 0 && before > 0, $"{after} ms, and {before} before"); // which is longer is the machine's to say

        void Edit(string code, string until)
        {
            shaders.PlantIntoElementwise(code);
            lab.WaitFor(until);
        }
    }

    [NamedDriverFact("mesa25")]
    public void Include_IsWatched_Too()
    {
        using var shaders = new PlantedShaders();
        using var lab = ForgeProgram.Start(s_lab, environment: shaders.Environment("mesa25"));
        lab.WaitFor("\"verdict\":\"right\"");
        File.AppendAllText(shaders[Path.Combine("include", "math.glsl")], "\nthis is no GLSL;\n");
        lab.WaitFor("\"changed\":[\"include/math.glsl\"]");
        lab.Signal("TERM");
        Assert.Equal("failed", lab.Finish().EventsNamed("lab")[^1].GetProperty("verdict").GetString());
    }

    [NamedDriverFact("mesa25")]
    public void Once_Ends_AndDumpsWhatTheShadersBecome()
    {
        using var shaders = new PlantedShaders();
        var folder = shaders.Beside("dump");
        ForgeProgram.Run([.. s_lab, "--once", "--dump", folder], environment: shaders.Environment("mesa25")).MustExit(0);
        Assert.Contains("void main", File.ReadAllText(Path.Combine(folder, "0-Elementwise.comp.glsl")), StringComparison.Ordinal);
        Assert.DoesNotContain("#include", File.ReadAllText(Path.Combine(folder, "0-Elementwise.comp.glsl")), StringComparison.Ordinal);
        Assert.Equal(0x07230203u, BitConverter.ToUInt32(File.ReadAllBytes(Path.Combine(folder, "0-Elementwise.comp.spv"))));
        Assert.Contains("constant_id 1 = 8", File.ReadAllText(Path.Combine(folder, "0-Elementwise.comp.constants")), StringComparison.Ordinal);
        shaders.PlantIntoElementwise("STORE(Y0, i, 3.0);");
        ForgeProgram.Run([.. s_lab, "--once"], environment: shaders.Environment("mesa25")).MustExit(1);
    }
}
