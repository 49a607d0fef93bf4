using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>Runs that are killed at random moments, and go on to the very files of a run that nobody killed.</summary>
/// <remarks>The whole of the run's folder is compared but for times: weights, moments, random numbers, data order, losses, pictures.</remarks>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [DriverFact]
    public void Kill_OfACnnWithAugmentationAndDropout_ChangesNoBit() => KillAndResume(KilledRun.Cnn, kills: 2, seed: 1);

    [DriverFact]
    public void Kill_OfAGan_ChangesNoBit() => KillAndResume(KilledRun.Gan, kills: 1, seed: 2);

    [LongDriverTheory, InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Kill_OfACnn_TwentyFiveTimes(int seed) => KillAndResume(KilledRun.Cnn, kills: 25, seed);

    [LongDriverTheory, InlineData(7), InlineData(8), InlineData(9), InlineData(10)]
    public void Kill_OfAGan_TwentyFiveTimes(int seed) => KillAndResume(KilledRun.Gan, kills: 25, seed);

    private void KillAndResume(KilledRun kind, int kills, int seed)
    {
        var data = TinyImages.Write(_folder["data"], each: 12, classes: 3);
        var whole = _folder["whole"];
        var (before, after) = kind.Whole(data, whole);
        var random = new Random(seed);
        for (var kill = 1; kill <= kills; kill++)
        {
            var run = _folder[$"run {kill}"];
            // From the third checkpoint to the end; where the run was faster than the first one, it ended before: again.
            double moment;
            do
            {
                if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
                moment = random.NextDouble() * (after - before);
            }
            while (!kind.Kill(data, run, moment));
            var place = $"{kind.Name}, seed {seed}, kill {kill}, {moment:0.000} s after the third checkpoint";
            var saved = Checkpoint.Load(Path.Combine(run, "last.safetensors"));
            Assert.True(saved.Step >= KilledRun.Before * kind.SaveEvery, $"{place}: only step {saved.Step} was saved.");
            var resumed = kind.Resume(run);
            Assert.True(resumed.ExitCode == 0, $"{place}: {resumed.Stderr}");
            Assert.DoesNotContain("warning", resumed.Stderr, StringComparison.Ordinal);
            KilledRun.MustBeAlike(whole, run, $"{place}, resumed from step {saved.Step}");
            Directory.Delete(run, recursive: true);
        }
    }
}
