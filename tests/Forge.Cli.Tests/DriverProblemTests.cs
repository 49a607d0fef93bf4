using Forge.Vulkan;

namespace Forge.Cli.Tests;

/// <summary>The whole program on drivers that lack a feature, under the validation layer, and beside itself with one cache.</summary>
public sealed class DriverProblemTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [DriverFact]
    public void DriverWithoutTimelineSemaphores_ExitsFour_AndNamesTheFeature() =>
        ForgeProgram.Run(["bench", "op", "--op", "relu", "--shape", "8x8"], environment: StartupHook.Without("timelineSemaphore"))
            .MustExit(4).MustComplain("has no timelineSemaphore", "update the driver", "--device");

    [DriverFact]
    public void DriverWithoutBufferAddresses_RunsByDescriptors_AndSaysSoWhereAddressesAreAskedFor()
    {
        string[] words = ["bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "1"];
        ForgeProgram.Run(words, environment: StartupHook.Without("bufferDeviceAddress")).MustExit(0);
        ForgeProgram.Run(words, environment: new Dictionary<string, string?>(StartupHook.Without("bufferDeviceAddress")) { ["FORGE_BUFFERS"] = "address" })
            .MustExit(4).MustComplain("has no bufferDeviceAddress", "FORGE_BUFFERS=address");
    }

    [ValidationTheory, InlineData("address"), InlineData("descriptor")]
    public void TrainingStep_UnderTheValidationLayer_GivesNoMessage(string buffers) =>
        ForgeProgram.Run(["bench", "step", "--model", "cnn28", "--iters", "1", "--warmup", "0"], environment: new Dictionary<string, string?> { ["FORGE_VALIDATION"] = "1", ["FORGE_BUFFERS"] = buffers })
            .MustExit(0);

    // A shader that computes with doubles, a feature that the device was opened without: a driver that has it says nothing.
    [ValidationFact]
    public void WrongUseOfVulkan_IsAnError_WhereTheLayerWatches()
    {
        using var shaders = new PlantedShaders();
        shaders.PlantIntoElementwise("if (double(count) < 0.0lf) return;");
        string[] words = ["bench", "op", "--op", "relu", "--shape", "8x8", "--iters", "1", "--variant", "portable"];
        var environment = new Dictionary<string, string?> { ["FORGE_SHADERS"] = shaders[""], ["XDG_CACHE_HOME"] = _folder["cache"] };
        ForgeProgram.Run(words, environment: environment).MustExit(0);
        environment["FORGE_VALIDATION"] = "1";
        ForgeProgram.Run(words, environment: environment).MustExit(4).MustComplain("validation layer", "VUID", "Float64");
    }

    [DriverFact]
    public void TwoProgramsAtOnce_WithOneEmptyCache_AreBothRight_AndLeaveWholeFiles()
    {
        string[] words = ["bench", "step", "--model", "cnn28", "--iters", "1", "--warmup", "0"];
        var environment = new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = _folder["cache"], ["FORGE_DEBUG"] = "1" };
        using var first = ForgeProgram.Start(words, environment: environment);
        using var second = ForgeProgram.Start(words, environment: environment);
        var runs = new[] { first.Finish().MustExit(0), second.Finish().MustExit(0) };
        // A third that finds everything there must be right, too.
        runs = [.. runs, ForgeProgram.Run(words, environment: environment).MustExit(0)];
        foreach (var run in runs)
        {
            Assert.Equal(2.312263, Assert.Single(run.Events).GetProperty("losses")[0].GetDouble(), 1e-4);
            Assert.DoesNotContain("damaged", run.Stderr, StringComparison.Ordinal);
            Assert.DoesNotContain("cannot write", run.Stderr, StringComparison.Ordinal);
        }

        foreach (var kind in (string[])["spirv", "pipelines"])
        {
            var files = Directory.GetFiles(_folder["cache", "forge", kind]);
            Assert.NotEmpty(files);
            foreach (var file in files)
            {
                Assert.False(file.EndsWith(".tmp", StringComparison.Ordinal), $"{file} was left behind");
                Assert.True(CheckedFile.Read(file, out var damaged) is not null && !damaged, $"{file} is damaged");
            }
        }
    }
}
