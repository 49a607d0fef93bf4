using Forge.Models.Checkpoints;
using Forge.Vulkan;

namespace Forge.Cli.Tests;

/// <summary>Two trainings at once on one device, with one folder of caches that is empty when they start: both have the bits of a lone one.</summary>
public sealed class TwoProcessesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The first round from nothing at all, the others with choices of variants that somebody tuned.
    [DriverFact]
    public void TwoTrainings_WithOneColdCache_HaveTheBitsOfALoneOne() =>
        Train(rounds: Environment.GetEnvironmentVariable("FORGE_TEST_TIER") == "all" ? 6 : 2, tuned: true, []);

    [LongDriverTheory, InlineData("swiftshader"), InlineData("mesa22")]
    public void TwoTrainings_OnAnotherDriver_HaveTheBitsOfALoneOne(string driver)
    {
        if (Needs.Manifest(driver) is { } manifest)
            Train(rounds: 3, tuned: false, new() { ["VK_DRIVER_FILES"] = manifest });
    }

    private void Train(int rounds, bool tuned, Dictionary<string, string?> environment)
    {
        var data = TinyImages.Write(_folder["data"], each: 12, classes: RetunedTests.Classes);
        string[] Words(string run) => ["train", "cnn", "--data", data, "--size", $"{RetunedTests.Side}", "--batch", $"{RetunedTests.Batch}", "--augment", "--dropout", "0.3",
            "--epochs", "2", "--steps-per-epoch", "4", "--out", _folder[run], "--json"];
        Dictionary<string, string?> With(string cache) => new(environment) { ["XDG_CACHE_HOME"] = _folder[cache], ["FORGE_TUNE"] = "cached", ["FORGE_DEBUG"] = "1" };

        ForgeProgram.Run(Words("alone"), environment: With("alone cache")).MustExit(0);
        var choices = tuned ? Tuned() : null;
        for (var round = 0; round < rounds; round++)
        {
            var (cache, one, other, alone) = ($"cache {round}", $"one {round}", $"other {round}", "alone");
            if (round > 0 && choices is not null)
            {
                foreach (var place in (string[])[cache, $"{cache} alone"])
                {
                    Directory.CreateDirectory(_folder[place, "forge", "tuning"]);
                    foreach (var file in choices) File.Copy(file, _folder[place, "forge", "tuning", Path.GetFileName(file)]);
                }
                alone = $"alone {round}";
                ForgeProgram.Run(Words(alone), environment: With($"{cache} alone")).MustExit(0);
            }
            using var first = ForgeProgram.Start(Words(one), environment: With(cache));
            using var second = ForgeProgram.Start(Words(other), environment: With(cache));
            foreach (var run in (Finished[])[first.Finish().MustExit(0), second.Finish().MustExit(0)])
                foreach (var word in (string[])["damaged", "cannot write", "warning"])
                    Assert.DoesNotContain(word, run.Stderr, StringComparison.Ordinal);
            var expected = Checkpoint.Load(_folder[alone, "last.safetensors"]);
            foreach (var run in (string[])[one, other])
            {
                var saved = Checkpoint.Load(_folder[run, "last.safetensors"]);
                Assert.Equal(expected.VariantTable, saved.VariantTable);
                Tiny.MustBeEqual(expected, saved);
            }
            MustBeWhole(_folder[cache, "forge"]);
        }
        // What was tuned is in use: other variants, other bits.
        if (tuned)
            Assert.NotEqual(Checkpoint.Load(_folder["alone", "last.safetensors"]).VariantTable, Checkpoint.Load(_folder["one 1", "last.safetensors"]).VariantTable);
    }

    private string[] Tuned()
    {
        RetunedTests.TuneOtherwise(_folder["tuned"]);
        return Directory.GetFiles(_folder["tuned", "tuning"], "*.json");
    }

    private static void MustBeWhole(string cache)
    {
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(cache, "spirv")));
        foreach (var file in Directory.EnumerateFiles(cache, "*", SearchOption.AllDirectories))
        {
            Assert.False(file.EndsWith(".tmp", StringComparison.Ordinal), $"{file} was left behind");
            // A lock has no content, and the compiler made loadable is a library.
            if (!file.EndsWith(".lock", StringComparison.Ordinal) && Path.GetFileName(Path.GetDirectoryName(file)) != "shaderc")
                Assert.True(CheckedFile.Read(file, out var damaged) is not null && !damaged, $"{file} is damaged");
        }
    }
}
