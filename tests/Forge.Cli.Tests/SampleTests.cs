using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Forge.Models.Datasets;

namespace Forge.Cli.Tests;

/// <summary>The samples as a reader runs them: <c>dotnet run FILE.cs</c>, each file a program.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Samples_AreAsShortAsPromised()
    {
        var lengths = Directory.EnumerateFiles(Path.Combine(ForgeProgram.Repository, "samples"), "*.cs").ToDictionary(f => Path.GetFileName(f), f => File.ReadLines(f).Count());
        Assert.Equal(["adversarial.cs", "article-cnn.cs", "custom-op.cs"], lengths.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(lengths["adversarial.cs"], 1, 40);
        Assert.InRange(lengths["article-cnn.cs"], 1, 25);
        Assert.InRange(lengths["custom-op.cs"], 1, 30);
    }

    [DriverFact]
    public void CustomOp_IsFoundRight_AndItsGradientIsPrinted()
    {
        var lines = Run("custom-op.cs").Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^RunningSum: 20 cases right: 40 runs on .+ against fp64, 20 gradients against differences\\.$", lines[^2]);
        Assert.Equal("20 18 12", lines[^1]); // sums 1 3 6, doubled and summed from the end
    }

    [DriverFact]
    public void KernelThatCrashes_EndsTheProcessItIsTriedIn_AndNotTheProgram()
    {
        File.WriteAllText(_folder["wild-op.cs"], $$""""
            #:project {{ForgeProgram.Repository}}/src/Forge.Vulkan
            #:property PublishAot=false
            using Forge.Core;
            using Forge.Core.Reference;
            using Forge.Vulkan;
            if (KernelTrials.Serve()) return;
            using var engine = Engine.Open();
            try { OpCheck.Run<WildOp>(engine); }
            catch (OpCheckException problem) { Console.WriteLine(problem.Message); }
            Console.WriteLine(engine.Compile(x => x * 2f).Run(HostTensor.Of(21))[0].Scalar());
            sealed record WildOp : GlslOp, ISampled
            {
                protected override GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => new("""
                    #version 450
                    #extension GL_EXT_buffer_reference_uvec2 : require
                    #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
                    #define PUSH uint count;
                    #include "buffers.glsl"
                    layout(local_size_x_id = 0) in;
                    void main() { if (LINEAR_INDEX < count) STORE(Y, LINEAR_INDEX, float_at(uvec2(16u, 0u)).e[LINEAR_INDEX]); }
                    """);
                public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];
                public override void Reference(IReadOnlyList<ReferenceTensor> x, IReadOnlyList<ReferenceTensor> y) { }
                public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];
                public static OpCase Sample(Draw draw) => new(new WildOp(), draw.Uniform(draw.Shape(1)));
            }
            """");
        var said = Run(_folder["wild-op.cs"]).Stdout;
        Assert.Contains("Wild case 0 of seed 1", said, StringComparison.Ordinal);
        Assert.Contains("the process ended by SIGSEGV (a wild address)", said, StringComparison.Ordinal);
        Assert.EndsWith("42\n", said, StringComparison.Ordinal);
    }

    [FashionMnistFact]
    public void Adversarial_TrainsBothModels_AndDrawsPictures()
    {
        var losses = Regex.Match(Run("adversarial.cs", "3").Stdout, @"step 3: critic ([\d.]+), artist ([\d.]+)");
        Assert.True(losses.Success);
        Assert.All(losses.Groups.Values.Skip(1), loss => Assert.InRange(double.Parse(loss.Value, CultureInfo.InvariantCulture), 0.01, 20));
        Assert.True(new ImageDecoder().Decode(_folder["clothes.png"], ColourMode.Grey).Height >= 28);
    }

    [DriverFact]
    public void ArticleCnn_TrainsOnAFolder_AndKeepsItsWeights()
    {
        var run = Run("article-cnn.cs", TinyImages.Write(_folder["images"], each: 5), "1");
        Assert.Contains("Total params: 4,828,610", run.Stdout, StringComparison.Ordinal);
        Assert.Contains("val_accuracy", run.Stdout, StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder["article-cnn.safetensors"]).Length > 4 * 4_828_610);
    }

    private Finished Run(string sample, params string[] words)
    {
        var start = new ProcessStartInfo(ForgeProgram.Host) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])["run", "-c", ForgeProgram.Configuration, "--file", Path.Combine(ForgeProgram.Repository, "samples", sample), "--", .. words])
            start.ArgumentList.Add(word);
        start.Environment["FORGE_TUNE"] = "off";
        // No build server may outlive the tests.
        (start.Environment["MSBUILDDISABLENODEREUSE"], start.Environment["UseSharedCompilation"]) = ("1", "false");
        using var process = Process.Start(start)!;
        var (stdout, stderr) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(TimeSpan.FromMinutes(7)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{sample} ran for seven minutes.");
        }
        return new Finished(process.ExitCode, stdout.Result, stderr.Result).MustExit(0);
    }
}
