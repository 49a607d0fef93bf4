using System.Text.RegularExpressions;
using Forge.Core;
using Forge.Models;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Optimizers;
using Forge.Models.Training;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Tests;

/// <summary>Runs that are killed and gone on with after somebody tuned: the checkpoint says what runs.</summary>
public sealed class RetunedTests : IDisposable
{
    internal const int Batch = 4, Side = 22, Classes = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // As if somebody had tuned since: the checkpoint names other variants of products than an untuned run takes.
    [DriverFact]
    public void Resume_RunsWhatTheCheckpointNames_OrSaysThatItCannot()
    {
        var (data, run) = (TinyImages.Write(_folder["data"]), _folder["run"]);
        var last = Path.Combine(run, "last.safetensors");
        Finished Resume(string variant, int epochs)
        {
            var saved = Checkpoint.Load(last);
            Assert.Contains("-> MatMul ", saved.VariantTable, StringComparison.Ordinal);
            (saved with { VariantTable = Regex.Replace(saved.VariantTable, "-> MatMul .*", "-> MatMul " + variant) }).Save(last);
            return ForgeProgram.Run("train", "cnn", "--resume", "--out", run, "--epochs", $"{epochs}").MustExit(0);
        }

        ForgeProgram.Run("train", "cnn", "--data", data, "--size", $"{Side}", "--batch", $"{Batch}", "--epochs", "1", "--out", run).MustExit(0);
        foreach (var (variant, epochs) in new[] { ("portable/lanes128", 2), ("portable/lanes64", 3) })
        {
            Assert.DoesNotContain("warning", Resume(variant, epochs).Stderr, StringComparison.Ordinal);
            Assert.All(Checkpoint.Load(last).VariantLines.Where(l => l.Contains("-> MatMul ", StringComparison.Ordinal)), l => Assert.EndsWith("-> MatMul " + variant, l, StringComparison.Ordinal));
        }
        Resume("portable/none", 4).MustComplain("Not every bit will be that of a run that went on without a stop", "ran MatMul portable/none, which is not to be had now");
    }

    [LongDriverTheory, InlineData("Conv2D")]
    public void Resume_AfterSomebodyTuned_KeepsItsBits(string quarantined)
    {
        var (data, cache) = (TinyImages.Write(_folder["data"], each: 12, classes: Classes), _folder["cache"]);
        var environment = new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = cache, ["FORGE_TUNE"] = "cached" };
        string[] Words(string run) => ["train", "cnn", "--data", data, "--size", $"{Side}", "--batch", $"{Batch}", "--augment", "--dropout", "0.3", "--epochs", "4", "--steps-per-epoch", "10", "--save-every", "2", "--out", _folder[run], "--json"];

        ForgeProgram.Run(Words("whole"), environment: environment).MustExit(0);
        foreach (var run in (string[])["killed", "quarantined"])
            using (var program = ForgeProgram.Start(Words(run), environment: environment, ownGroup: true))
            {
                program.WaitFor("\"epoch\":2"); // validation has run
                program.KillGroup();
                Assert.Equal(137, program.Finish().ExitCode);
            }
        var tuned = TuneOtherwise(Path.Combine(cache, "forge"));

        var resumed = ForgeProgram.Run(["train", "cnn", "--resume", "--out", _folder["killed"], "--json"], environment: environment).MustExit(0);
        Assert.DoesNotContain("warning", resumed.Stderr, StringComparison.Ordinal);
        KilledRun.MustBeAlike(_folder["whole"], _folder["killed"], "resumed after tuning");

        // What was tuned does change bits, where no checkpoint rules.
        ForgeProgram.Run(Words("tuned"), environment: environment).MustExit(0);
        var (whole, other) = (Checkpoint.Load(_folder["whole", "last.safetensors"]).Weights, Checkpoint.Load(_folder["tuned", "last.safetensors"]).Weights);
        Assert.Contains(whole, w => !w.Value.Bytes.SequenceEqual(other[w.Key].Bytes));

        Quarantine(Path.Combine(cache, "forge"), tuned.First(t => t.Kernel == quarantined));
        ForgeProgram.Run(["train", "cnn", "--resume", "--out", _folder["quarantined"]], environment: environment)
            .MustExit(0).MustComplain("Not every bit will be that of a run that went on without a stop", quarantined, "not to be had now");
    }

    [TwoDriversFact]
    public void Resume_OnAnotherDriver_SaysSo()
    {
        var data = TinyImages.Write(_folder["data"]);
        Dictionary<string, string?> On(string driver) => new() { ["VK_DRIVER_FILES"] = Needs.Manifest(driver), ["FORGE_TUNE"] = "off" };
        ForgeProgram.Run(["train", "gan", "--data", data, "--size", "28", "--batch", "4", "--steps", "2", "--out", _folder["run"]], environment: On("mesa25")).MustExit(0);
        var again = ForgeProgram.Run(["train", "gan", "--resume", "--steps", "3", "--out", _folder["run"]], environment: On("swiftshader"))
            .MustExit(0).MustComplain("it was saved on llvmpipe", "this is SwiftShader", "Training goes on from the same weights");
        Assert.Single(again.Stderr.Split('\n'), l => l.Contains("warning", StringComparison.Ordinal));
    }

    /// <summary>Stores, as tuned, the last variant of every kernel of the run's training step.</summary>
    internal static List<(string Kernel, string Variant, OpUse Use)> TuneOtherwise(string root)
    {
        var stored = new List<(string, string, OpUse)>();
        VulkanBackend? backend = null;
        backend = new(new Device(new()), (node, kernel, variants) =>
        {
            var use = new OpUse(node.Op, node.InputTypes);
            var sources = backend!.Tuned.Sources(kernel, use, variants[^1], variants[0]);
            backend.Tuned.Cache.Add(new TunedChoice(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), sources, variants[^1].Label, 1, variants[0].Label, 2, DateTime.UtcNow));
            stored.Add((kernel.Stem, variants[0].Label, use));
            return variants[^1];
        }, cacheRoot: root);
        using var engine = new Engine(backend);
        var trainer = new Trainer(engine, new CnnDesign(0.3f).Build((Side, Side, 3), Classes), new Adam(), Losses.CategoricalCrossentropy, [BatchMetric.Accuracy]);
        trainer.PlanStep(new TensorType(DType.U8, (Batch, Side, Side, 3)), new TensorType(DType.F32, (Batch, Classes)), new(Scale: 1 / 255f));
        return stored;
    }

    private static void Quarantine(string root, (string Kernel, string Variant, OpUse Use) ran)
    {
        using var backend = new VulkanBackend(new Device(new()), cacheRoot: root);
        var sources = backend.Tuned.Sources(ran.Use.Kernel!, ran.Use, ran.Use.Find(ran.Variant, backend.Limits)!);
        backend.Tuned.Cache.Add(new QuarantinedVariant(ran.Kernel, ran.Variant, sources, Verdict.Wrong, "wrong", "a test", DateTime.UtcNow));
    }
}
