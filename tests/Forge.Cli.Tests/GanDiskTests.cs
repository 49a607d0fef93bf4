namespace Forge.Cli.Tests;

/// <summary>GAN runs on disks that are full or cannot be written: one clear message, and what was saved before survives.</summary>
public sealed class GanDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OwnDiskDriverFact]
    public void FullDisk_LeavesTheOldCheckpoint_AndTheRunGoesOnElsewhere()
    {
        var data = TinyImages.Write(_folder["data"]);
        string[] Words(string run, int steps) => ["train", "gan", "--data", data, "--size", "28", "--batch", "4", "--sample-every", "2", "--steps", $"{steps}", "--out", run, "--quiet"];
        ForgeProgram.Run(Words(_folder["whole"], 4)).MustExit(0);
        var run = _folder["run"];
        ForgeProgram.Run(Words(run, 1)).MustExit(0);
        var saved = File.ReadAllBytes(Path.Combine(run, "last.safetensors"));

        // Room for what is there, some pictures and half a checkpoint more.
        var kibibytes = Directory.GetFiles(run, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length / 1024 + 8) + saved.Length / 2048;
        var disk = new OwnDisk(_folder["disk"], kibibytes, keep: _folder["kept"], from: run);
        ForgeProgram.Run(["train", "gan", "--resume", "--out", disk.Mount, "--steps", "4", "--save-every", "1", "--quiet"], shell: disk.Shell)
            .MustExit(3).MustComplain("last.safetensors", "could not be written", "No space left", "was there before is intact", "Go on with: forge train gan --resume");
        Assert.Equal(saved, File.ReadAllBytes(Path.Combine(disk.Kept, "last.safetensors")));

        ForgeProgram.Run("train", "gan", "--resume", "--out", disk.Kept, "--steps", "4").MustExit(0);
        // The grid of step 1, where the first part ended, is the one thing that a run without a stop does not have.
        Assert.Equal(File.ReadAllBytes(_folder["whole", "last.safetensors"]), File.ReadAllBytes(Path.Combine(disk.Kept, "last.safetensors")));
        Assert.Equal(File.ReadAllBytes(_folder["whole", "samples", "step-000004.png"]), File.ReadAllBytes(Path.Combine(disk.Kept, "samples", "step-000004.png")));

        // Half of it is no checkpoint, and there is no other.
        File.WriteAllBytes(Path.Combine(run, "last.safetensors"), saved[..(saved.Length / 2)]);
        ForgeProgram.Run("train", "gan", "--resume", "--out", run).MustExit(3).MustComplain(Path.Combine(run, "last.safetensors"), "truncated");
    }

    [OwnDiskDriverFact]
    public void FullDisk_BeforeAnythingIsSaved_NamesTheFile_AndPromisesNoWayOn()
    {
        var (data, disk) = (TinyImages.Write(_folder["data"]), new OwnDisk(_folder["disk"], 32, keep: _folder["kept"]));
        var run = ForgeProgram.Run(["train", "gan", "--data", data, "--size", "28", "--batch", "4", "--steps", "2", "--out", Path.Combine(disk.Mount, "run"), "--quiet"], shell: disk.Shell);
        run.MustExit(3).MustComplain("step-000000.png", "could not be written", "No space left", "Free space");
        Assert.DoesNotContain("Go on with", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(disk.Kept, "*", SearchOption.AllDirectories), f => f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [OwnDiskDriverFact]
    public void ReadOnlyDisk_IsSaidBeforeTraining()
    {
        var (data, disk) = (TinyImages.Write(_folder["data"]), new OwnDisk(_folder["disk"], 1024, readOnly: true));
        ForgeProgram.Run(["train", "gan", "--data", data, "--size", "28", "--batch", "4", "--steps", "2", "--out", Path.Combine(disk.Mount, "run")], shell: disk.Shell)
            .MustExit(3).MustComplain(disk.Mount, "the run's folder cannot be written", "Read-only", "--out");
    }

    [OwnDiskDriverFact]
    public void CachesWithoutRoom_KeepNothingFromTraining()
    {
        var disk = new OwnDisk(_folder["disk"], 16);
        ForgeProgram.Run(["bench", "step", "--model", "rnn", "--iters", "1", "--warmup", "0"],
            environment: new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = disk.Mount }, shell: disk.Shell).MustExit(0);
    }
}
