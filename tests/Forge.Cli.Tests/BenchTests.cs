namespace Forge.Cli.Tests;

/// <summary>The JSON lines of measurements, and shapes that make no sense.</summary>
public class BenchTests
{
    [Theory]
    [InlineData("sgemm", "64x64"), InlineData("sgemm", "0x1x1"), InlineData("sgemm", "64x64xabc"), InlineData("sgemm", "99999999999x1x1"), InlineData("sgemm", "60000x60000x8")]
    [InlineData("conv2d", "8x36x36x64"), InlineData("conv2d", "8x36x36x64:3x3"), InlineData("conv2d", "8x2x2x64:3x3x8"), InlineData("conv2d-dw", "8x36x36x64:3x3x8/s0"), InlineData("conv2d-dx", "8x36x36x64:3x3x8/2")]
    [InlineData("maxpool", "8x36x36"), InlineData("maxpool", "8x1x1x3"), InlineData("relu", "12"), InlineData("softmax", "-4x4"), InlineData("softmax", "4x4 ")]
    public void MalformedShape_ExitsTwo_AndShowsAnExample(string op, string shape) =>
        ForgeProgram.Run("bench", "op", "--op", op, "--shape=" + shape).MustExit(2).MustComplain($"'{shape}'", op, "such as");

    [Fact]
    public void UnknownOp_ExitsTwo_AndListsTheOps() => ForgeProgram.Run("bench", "op", "--op", "gemm", "--shape", "1x1x1").MustExit(2).MustComplain("--op is 'gemm'", "sgemm", "conv2d-dw");

    [Fact]
    public void MissingOption_ExitsTwo() => ForgeProgram.Run("bench", "op", "--op", "sgemm").MustExit(2).MustComplain("--shape");

    [Fact]
    public void UnknownNet_ExitsTwo_AndListsTheNets() => ForgeProgram.Run("bench", "step", "--model", "cnn").MustExit(2).MustComplain("--model is 'cnn'", "cnn28", "cnn150");

    [DriverTheory]
    [InlineData("sgemm", "40x24x16"), InlineData("sgemm", "40x24x16/bf16"), InlineData("conv2d", "2x9x9x4:3x3x8/s2/f16"), InlineData("conv2d", "2x9x8x3:3x3x5"), InlineData("conv2d", "2x9x9x4:3x3x8/s2"), InlineData("conv2d", "2x9x8x4:3x3x8/g4"), InlineData("conv2d-dx", "2x9x8x4:3x3x8"), InlineData("conv2d-dw", "2x9x8x4:3x3x8")]
    [InlineData("maxpool", "2x8x8x3"), InlineData("maxpool-grad", "2x8x8x3"), InlineData("avgpool", "2x8x8x3"), InlineData("avgpool-grad", "2x9x8x3"), InlineData("batchnorm", "2x9x8x3"), InlineData("batchnorm-grad", "2x9x8x3"), InlineData("relu", "30x7"), InlineData("softmax", "30x7"), InlineData("cross-entropy-grad", "30x7")]
    [InlineData("transpose", "30x7"), InlineData("slice", "2x4x5x3"), InlineData("warp", "2x4x5x3"), InlineData("dropout", "30x7"), InlineData("adam", "30x7")]
    public void Op_IsTimed_AndToldInOneLine(string op, string shape)
    {
        var run = ForgeProgram.Run("bench", "op", "--op", op, "--shape", shape, "--iters", "3", "--warmup", "1", "--variant", "portable").MustExit(0);
        var line = Assert.Single(run.Events);
        Assert.Equal(("forge", $"{op} {shape}", 3), (line.GetProperty("peer").GetString(), line.GetProperty("workload").GetString(), line.GetProperty("n").GetInt32()));
        var (low, median, high) = (line.GetProperty("ms_min").GetDouble(), line.GetProperty("ms").GetDouble(), line.GetProperty("ms_max").GetDouble());
        Assert.True(0 < low && low <= median && median <= high, $"{low} {median} {high}");
        Assert.StartsWith("portable/", line.GetProperty("variant").GetString(), StringComparison.Ordinal);
        foreach (var key in (string[])["ms_first", "gflops", "peak_rss_mib"]) Assert.True(line.GetProperty(key).GetDouble() >= 0, key);
        foreach (var key in (string[])["device", "driver"]) Assert.NotEmpty(line.GetProperty(key).GetString()!);
    }

    [DriverFact]
    public void UnknownVariant_ExitsTwo_AndListsTheVariants() =>
        ForgeProgram.Run("bench", "op", "--op", "relu", "--shape", "8x8", "--variant", "fast").MustExit(2).MustComplain("--variant is 'fast'", "/");

    [DriverFact]
    public void Losses_AgainstAnEarlierRun_AreTheSameOnTheSameDriver_AndOnlyThere()
    {
        using var folder = new TemporaryFolder();
        string[] words = ["bench", "step", "--model", "rnn", "--iters", "11", "--warmup", "1"];
        var first = ForgeProgram.Run(words).MustExit(0);
        File.WriteAllText(folder["first"], first.Stdout);
        var again = Assert.Single(ForgeProgram.Run([.. words, "--against", folder["first"]]).MustExit(0).Events).GetProperty("against");
        Assert.Equal(first.Events[0].GetProperty("driver").GetString(), again.GetProperty("driver").GetString());
        Assert.Equal(12, again.GetProperty("steps").GetInt32());
        Assert.Equal([("1", 0.0), ("10", 0), ("12", 0)], again.GetProperty("largest_difference").EnumerateObject().Select(p => (p.Name, p.Value.GetDouble())));

        var losses = first.Events[0].GetProperty("losses").EnumerateArray().Select(l => l.GetRawText()).ToArray();
        File.WriteAllText(folder["second"], first.Stdout.Replace(losses[4], (double.Parse(losses[4], System.Globalization.CultureInfo.InvariantCulture) * 1.125).ToString("R", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var other = Assert.Single(ForgeProgram.Run([.. words, "--against", folder["second"]]).MustExit(0).Events).GetProperty("against").GetProperty("largest_difference");
        Assert.Equal((0, 0.111), (other.GetProperty("1").GetDouble(), other.GetProperty("10").GetDouble()));
        ForgeProgram.Run("bench", "step", "--model", "cnn28", "--against", folder["nowhere"]).MustExit(3).MustComplain(folder["nowhere"], "no such file");
        ForgeProgram.Run("bench", "step", "--model", "cnn28", "--against", folder["first"]).MustExit(3).MustComplain(folder["first"], "no line of 'forge bench step' on cnn28");
        File.WriteAllText(folder["third"], "{\"workload\": 3");
        ForgeProgram.Run("bench", "step", "--model", "cnn28", "--against", folder["third"]).MustExit(3).MustComplain(folder["third"], "not what 'forge bench step' prints");
    }

    // The first five losses of the peers' PyTorch program on the same weights and images (bench/peers/torch_bench.py --only cnn28).
    private static readonly double[] s_cnn28 = [2.312263, 2.299223, 2.287893, 2.274373, 2.261774];

    [DriverFact]
    public void Cnn28_HasTheLossesOfPyTorch() => Compare("cnn28", s_cnn28, 1e-4, null);

    [NamedDriverFact("swiftshader")]
    public void Cnn28_OnSwiftShader_HasTheLossesOfPyTorch() => Compare("cnn28", s_cnn28, 1e-4, "swiftshader");

    [NamedDriverFact("mesa22")]
    public void Cnn28_OnMesa22_HasTheLossesOfPyTorch() => Compare("cnn28", s_cnn28, 1e-4, "mesa22");

    [DriverFact]
    public void Cnn150_HasTheLossesOfPyTorch() => Compare("cnn150", [2.30417, 2.889922, 2.609824, 2.285329, 2.264185], 5e-4, null);

    // Rounded operands: bf16 was 5.2e-4 off f32 at most, f16 1.4e-4. Losses fall by 2e-2 in these steps.
    [DriverTheory, InlineData("mixed-bf16", 1e-3), InlineData("mixed-f16", 3e-4)]
    public void Cnn28_InSixteenBits_KeepsCloseToPyTorchInThirtyTwo(string precision, double tolerance) => Compare("cnn28", s_cnn28, tolerance, null, precision);

    private static void Compare(string net, double[] peers, double tolerance, string? driver, string precision = "strict32")
    {
        var environment = new Dictionary<string, string?>();
        if (driver is not null) environment["VK_DRIVER_FILES"] = Needs.Manifest(driver);
        var line = Assert.Single(ForgeProgram.Run(["bench", "step", "--model", net, "--precision", precision, "--iters", "4", "--warmup", "1"], environment: environment).MustExit(0).Events);
        var losses = line.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble()).ToArray();
        Assert.Equal(peers.Length, losses.Length);
        // The first three to 1e-4 always: a net drifts apart only step by step.
        for (var i = 0; i < peers.Length; i++)
            Assert.True(Math.Abs(losses[i] - peers[i]) <= (i < 3 && precision == "strict32" ? 1e-4 : tolerance) * peers[i], $"loss {i} is {losses[i]}, PyTorch's {peers[i]}");
        Assert.Equal(precision, line.GetProperty("precision").GetString());
        Assert.True(precision == "strict32" || Math.Abs(losses[0] - peers[0]) > 3e-6, $"the first loss, {losses[0]}, is that of f32");
        Assert.True(line.GetProperty("dispatches").GetInt32() > 5);
        Assert.True(line.GetProperty("live_mib").GetDouble() > 0);
        Assert.True(line.GetProperty("arena_mib").GetDouble() >= line.GetProperty("live_mib").GetDouble());
        // The parts of the first step, and the first step of what the process did until its loss was there.
        var made = ((string[])["ms_trace", "ms_plan", "ms_weights", "ms_pipelines", "ms_record"]).Select(k => line.GetProperty(k).GetDouble()).ToArray();
        Assert.All(made, ms => Assert.True(ms > 0));
        Assert.True(made.Sum() < line.GetProperty("ms_first").GetDouble());
        Assert.True(line.GetProperty("ms_first").GetDouble() < line.GetProperty("ms_start_to_loss").GetDouble());
    }
}
