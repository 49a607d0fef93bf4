using System.Buffers.Binary;
using System.Text.Json;
using Forge.Models.Reports;

namespace Forge.Cli.Tests;

/// <summary><c>forge profile</c> as users run it: its table, its events, its files, and what it refuses.</summary>
public class ProfileTests
{
    [NamedDriverFact("mesa25")]
    public void Net_IsToldKernelByKernel_WithTraceAndRoofline()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["VK_DRIVER_FILES"] = Needs.Manifest("mesa25") };
        var (trace, plot) = (folder["new", "trace.json"], folder["roofline.png"]);
        var run = ForgeProgram.Run(["profile", "--model", "cnn28", "--steps", "2", "--json", "--trace", trace, "--plot", plot], environment: environment).MustExit(0);

        Assert.Equal(["device", "ceilings"], run.Events.Take(2).Select(e => e.GetProperty("event").GetString()));
        var kernels = run.EventsNamed("kernel");
        var step = Assert.Single(run.EventsNamed("profile"));
        Assert.Equal(1, kernels.Sum(k => k.GetProperty("share").GetDouble()), 0.001);
        Assert.Equal(step.GetProperty("kernels_ms").GetDouble(), kernels.Sum(k => k.GetProperty("ms").GetDouble()), 0.001);
        Assert.Equal(step.GetProperty("dispatches").GetInt32(), kernels.Where(k => k.GetProperty("workgroup").GetInt32() > 0).Sum(k => k.GetProperty("dispatches").GetInt32()));
        foreach (var op in (string[])["Conv2D", "Conv2DWeightGradient", "MaxPool2D", "MatMul", "AdamUpdate"])
            Assert.Contains(kernels, k => k.GetProperty("op").GetString()!.StartsWith(op, StringComparison.Ordinal));
        Assert.All(kernels, k => Assert.Contains(k.GetProperty("bound_by").GetString(), (string[])["compute", "memory", "launch"]));
        // People's text says the same, on stderr.
        Assert.All(kernels, k => Assert.Contains(k.GetProperty("op").GetString()!, run.Stderr, StringComparison.Ordinal));
        Assert.Contains("not told by this driver", run.Stderr, StringComparison.Ordinal);

        using var events = JsonDocument.Parse(File.ReadAllBytes(trace));
        Assert.True(events.RootElement.GetProperty("traceEvents").GetArrayLength() > 2 * step.GetProperty("dispatches").GetInt32());
        var png = File.ReadAllBytes(plot);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        Assert.Equal((RooflineChart.Width, RooflineChart.Height), (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
    }

    [DriverFact]
    public void Op_IsProfiledAlone_InTheVariantAskedFor()
    {
        var run = ForgeProgram.Run("profile", "--op", "conv2d", "--shape", "2x9x8x3:3x3x5", "--variant", "portable", "--steps", "1", "--json").MustExit(0);
        var kernel = Assert.Single(run.EventsNamed("kernel"));
        Assert.Equal(("Conv2D", "2x9x8x3 3x3x3x5", 1.0), (kernel.GetProperty("op").GetString(), kernel.GetProperty("inputs").GetString(), kernel.GetProperty("share").GetDouble()));
        Assert.StartsWith("portable/", kernel.GetProperty("variant").GetString(), StringComparison.Ordinal);
        Assert.Equal("conv2d 2x9x8x3:3x3x5", run.EventsNamed("profile")[0].GetProperty("workload").GetString());
    }

    [Fact]
    public void NeitherNetNorOp_ExitsTwo_AndListsBoth()
    {
        ForgeProgram.Run("profile").MustExit(2).MustComplain("--model", "cnn28, cnn150", "--op", "sgemm");
        ForgeProgram.Run("profile", "--model", "cnn28", "--op", "sgemm", "--shape", "8x8x8").MustExit(2).MustComplain("either");
    }

    [Fact]
    public void UnknownNetOpOrOption_ExitsTwo_AndListsWhatIsValid()
    {
        ForgeProgram.Run("profile", "--model", "cnn29").MustExit(2).MustComplain("--model is 'cnn29'", "cnn28", "cnn150");
        ForgeProgram.Run("profile", "--op", "gemm", "--shape", "8x8x8").MustExit(2).MustComplain("--op is 'gemm'", "sgemm", "conv2d-dw");
        ForgeProgram.Run("profile", "--op", "sgemm").MustExit(2).MustComplain("--shape", "MxNxK");
        ForgeProgram.Run("profile", "--op", "sgemm", "--shape", "8x8").MustExit(2).MustComplain("'8x8'", "MxNxK");
        ForgeProgram.Run("profile", "--model", "cnn28", "--shape", "8x8").MustExit(2).MustComplain("--shape", "--op");
        ForgeProgram.Run("profile", "--model", "cnn28", "--stesp", "3").MustExit(2).MustComplain("--stesp", "--steps", "--trace");
    }

    [DriverFact]
    public void UnknownVariant_ExitsTwo_AndListsTheVariants() =>
        ForgeProgram.Run("profile", "--op", "relu", "--shape", "8x8", "--variant", "fast").MustExit(2).MustComplain("--variant is 'fast'", "portable/");

    [DriverFact]
    public void FileThatCannotBeWritten_ExitsThree_AndNamesIt() =>
        ForgeProgram.Run("profile", "--op", "relu", "--shape", "8x8", "--steps", "1", "--plot", "/dev/null/roofline.png").MustExit(3).MustComplain("/dev/null/roofline.png");
}
