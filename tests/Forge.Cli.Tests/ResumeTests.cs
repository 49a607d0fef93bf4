using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>Runs that end early, in each way a run can, and go on to the very bits of a run that did not.</summary>
public class ResumeTests(ResumeTests.Uninterrupted whole) : IClassFixture<ResumeTests.Uninterrupted>
{
    private static readonly string[] s_epochs = ["--epochs", "4", "--steps-per-epoch", "5"];

    [Fact]
    public void Resume_WithMoreEpochs_EndsAsOneLongRunWould()
    {
        var run = whole.NewFolder();
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var second = Tiny.Resume(run, "--epochs", "4").MustExit(0);
        Assert.Equal([2, 3, 4], second.EventsNamed("epoch").Select(e => e.GetProperty("epoch").GetInt32()));
        whole.MustMatch(run);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(run, "log.csv")).Length);
    }

    [Theory]
    [InlineData("INT", 130), InlineData("TERM", 143)]
    public void Signal_SavesAndSaysHowToGoOn(string signal, int code)
    {
        var run = whole.NewFolder();
        using (var program = ForgeProgram.Start(Tiny.Words(whole.Data, run, s_epochs)))
        {
            program.WaitFor("\"epoch\":1");
            program.Signal(signal);
            program.Finish().MustExit(code).MustComplain("Interrupted in epoch", "--resume --out", run);
        }
        Tiny.Resume(run).MustExit(0);
        whole.MustMatch(run);
    }

    [Fact]
    public void Kill_LosesNothingBeforeTheLastCheckpoint()
    {
        var run = whole.NewFolder();
        using (var program = ForgeProgram.Start(Tiny.Words(whole.Data, run, [.. s_epochs, "--save-every", "2"])))
        {
            program.WaitFor("\"epoch\":2");
            program.Signal("KILL");
            Assert.Equal(137, program.Finish().ExitCode);
        }
        Assert.True(Checkpoint.Load(Path.Combine(run, "last.safetensors")).Step >= 9); // the event comes before the epoch's own checkpoint
        Tiny.Resume(run).MustExit(0);
        whole.MustMatch(run);
    }

    [Fact]
    public void FailedWrite_LeavesTheOldCheckpoint()
    {
        var run = whole.NewFolder();
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var before = File.ReadAllBytes(Path.Combine(run, "last.safetensors"));
        // No file may grow past 200 KiB, as on a full disk. The runtime's own mapped memory is a file too, unless told otherwise.
        ForgeProgram.Run(["train", "cnn", "--resume", "--device", "reference", "--out", run, "--epochs", "2"],
            environment: new Dictionary<string, string?> { ["DOTNET_EnableWriteXorExecute"] = "0" }, shell: "trap '' XFSZ; ulimit -f 400")
            .MustExit(3).MustComplain("last.safetensors", "could not be written", "intact", "Free space");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "last.safetensors")));
        Assert.DoesNotContain(Directory.GetFiles(run), f => f.EndsWith(".tmp", StringComparison.Ordinal));
        Tiny.Resume(run, "--epochs", "4").MustExit(0);
        whole.MustMatch(run);
    }

    [Fact]
    public void Resume_WithADamagedLastCheckpoint_GoesOnFromTheBest_AndSaysSo()
    {
        var run = whole.NewFolder();
        Tiny.Train(whole.Data, run, "--epochs", "2", "--steps-per-epoch", "5").MustExit(0);
        var (last, best) = (Path.Combine(run, "last.safetensors"), Path.Combine(run, "best.safetensors"));
        File.WriteAllBytes(last, File.ReadAllBytes(last)[..^1000]);
        Tiny.Resume(run, "--epochs", "4").MustExit(0).MustComplain("warning", last, "truncated", $"Going on from {best} instead, which was saved after epoch");
        whole.MustMatch(run);

        foreach (var file in (string[])[last, best]) File.WriteAllBytes(file, []);
        Tiny.Resume(run, "--epochs", "5").MustExit(3).MustComplain(last, best, "the file is empty", "begin a new one");
    }

    [Fact]
    public void Resume_WithoutARun_ExitsThree() => Tiny.Resume(whole.NewFolder()).MustExit(3).MustComplain("no checkpoint to go on from");

    [Fact]
    public void Resume_OfAFinishedRun_SaysSo_AndChangesNothing()
    {
        var before = File.ReadAllBytes(Path.Combine(whole.Folder, "last.safetensors"));
        Tiny.Resume(whole.Folder).MustExit(0).MustComplain("All 4 epochs are done already", "--epochs");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(whole.Folder, "last.safetensors")));
    }

    [Fact]
    public void Resume_WithoutTheRunsSettings_AsksForTheData()
    {
        var run = whole.NewFolder();
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        File.Delete(Path.Combine(run, "run.json"));
        Tiny.Resume(run, "--epochs", "4").MustExit(3).MustComplain("run.json is missing", "--data", "--size");
        Tiny.Resume(run, "--epochs", "4", "--steps-per-epoch", "5", "--data", whole.Data, "--size", "22", "--batch", "4").MustExit(0);
        whole.MustMatch(run);
    }

    // A run that an older Forge began lacks what was added since.
    [Fact]
    public void Resume_OfSettingsThatLackSome_TakesTheirDefaults()
    {
        var run = whole.NewFolder();
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var file = Path.Combine(run, "run.json");
        var lines = File.ReadAllLines(file);
        string[] older = [.. lines.Where(l => !l.Contains("\"frames\"", StringComparison.Ordinal) && !l.Contains("\"video_model\"", StringComparison.Ordinal) && !l.Contains("\"units\"", StringComparison.Ordinal))];
        Assert.Equal(lines.Length - 3, older.Length);
        File.WriteAllLines(file, older);
        Tiny.Resume(run, "--epochs", "4").MustExit(0);
        whole.MustMatch(run);
    }

    [Fact]
    public void Png_OfAResumedRun_ShowsEveryEpoch()
    {
        var run = whole.NewFolder();
        var first = Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5", "--png").MustExit(0);
        var curves = Path.Combine(run, "curves.png");
        Assert.Equal(curves, first.EventsNamed("done")[0].GetProperty("png").GetString());
        var one = Blue(curves);
        var named = Path.Combine(run, "named picture.png");
        Tiny.Resume(run, "--epochs", "4", "--png", named).MustExit(0);
        // A dot became a line through four.
        Assert.True(Blue(named) > 2 * one && one > 0, $"{one} blue pixels, then {Blue(named)}");

        static int Blue(string file)
        {
            using var picture = SkiaSharp.SKBitmap.Decode(file);
            return picture.Pixels.Count(p => p.Red < 90 && p.Blue > 150 && p.Green < 160);
        }
    }

    [Fact]
    public void Resume_WithoutOut_TakesTheNewestRun()
    {
        using var folder = new TemporaryFolder();
        foreach (var _ in (int[])[1, 2])
            ForgeProgram.Run(Tiny.Words(whole.Data, null, "--epochs", "1", "--steps-per-epoch", "1"), folder.Path).MustExit(0);
        var run = ForgeProgram.Run(["train", "cnn", "--resume", "--epochs", "2", "--device", "reference", "--json"], folder.Path).MustExit(0);
        Assert.Equal(Path.Combine("runs", "cnn-2", "best.safetensors"), run.EventsNamed("done")[0].GetProperty("checkpoint").GetString());
    }

    [Theory]
    [InlineData("--batch", "2"), InlineData("--seed", "9"), InlineData("--size", "30"), InlineData("--data", "fashion-mnist")]
    public void Resume_WithOtherBatches_ExitsTwo_AndNamesTheOption(string option, string value) =>
        Tiny.Resume(whole.Folder, option, value).MustExit(2).MustComplain(option, value, "the run began with");

    /// <summary>A run that nobody interrupted.</summary>
    public sealed class Uninterrupted : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private int _count;

        /// <summary>Trains.</summary>
        public Uninterrupted()
        {
            Data = TinyImages.Write(_folder["data"]);
            Folder = NewFolder();
            Tiny.Train(Data, Folder, s_epochs).MustExit(0);
        }

        /// <summary>The data folder.</summary>
        public string Data { get; }

        /// <summary>The run's folder.</summary>
        public string Folder { get; }

        /// <summary>A folder for another run, with a space in its name.</summary>
        public string NewFolder() => _folder[$"run {Interlocked.Increment(ref _count)}"];

        /// <summary>Checks that another run ended with the same bits.</summary>
        public void MustMatch(string run) =>
            Tiny.MustBeEqual(Checkpoint.Load(Path.Combine(Folder, "last.safetensors")), Checkpoint.Load(Path.Combine(run, "last.safetensors")));

        /// <inheritdoc/>
        public void Dispose() => _folder.Dispose();
    }
}
