using System.Diagnostics;

namespace Forge.Cli.Tests;

/// <summary>Disks that are full or cannot be written: what was saved before survives, and the message says what was not saved.</summary>
/// <remarks>A disk of its own is a tmpfs in a mount namespace, where the machine allows one; a file-size limit is the next best.</remarks>
public sealed class DiskTests(ResumeTests.Uninterrupted whole) : IClassFixture<ResumeTests.Uninterrupted>, IDisposable
{
    private static readonly string[] s_epochs = ["--epochs", "4", "--steps-per-epoch", "5"];

    // No file may grow past 200 KiB. The runtime's own mapped memory is a file too, unless told otherwise.
    private const string SmallFiles = "trap '' XFSZ; ulimit -f 400";

    private static readonly Dictionary<string, string?> s_noMappedCode = new() { ["DOTNET_EnableWriteXorExecute"] = "0" };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OwnDiskFact]
    public void FullDisk_LeavesTheOldCheckpoint_AndTheRunGoesOnElsewhere()
    {
        var run = _folder["run"];
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var before = File.ReadAllBytes(Path.Combine(run, "last.safetensors"));
        // Room for what is there and half a checkpoint more.
        var kibibytes = Directory.GetFiles(run).Sum(f => new FileInfo(f).Length / 1024 + 8) + before.Length / 2048;
        var disk = new OwnDisk(_folder["disk"], kibibytes, keep: _folder["kept"], from: run);
        ForgeProgram.Run(["train", "cnn", "--resume", "--device", "reference", "--out", disk.Mount, "--epochs", "4"], shell: disk.Shell)
            .MustExit(3).MustComplain("last.safetensors", "could not be written", "No space left", "was there before is intact", "Go on with: forge train cnn --resume");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(disk.Kept, "last.safetensors")));
        Assert.DoesNotContain(Directory.GetFiles(disk.Kept), f => f.EndsWith(".tmp", StringComparison.Ordinal));

        Tiny.Resume(disk.Kept).MustExit(0);
        whole.MustMatch(disk.Kept);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(disk.Kept, "log.csv")).Length);
    }

    [OwnDiskFact]
    public void FullDisk_BeforeAnythingIsSaved_DoesNotPromiseAWayOn()
    {
        var disk = new OwnDisk(_folder["disk"], 64);
        var run = ForgeProgram.Run(Tiny.Words(whole.Data, Path.Combine(disk.Mount, "run"), "--epochs", "1", "--steps-per-epoch", "2"), shell: disk.Shell);
        run.MustExit(3).MustComplain("safetensors", "could not be written", "No space left", "choose another folder with --out");
        Assert.DoesNotContain("intact", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("Go on with", run.Stderr, StringComparison.Ordinal);
    }

    [OwnDiskFact]
    public void ReadOnlyDisk_IsSaidBeforeTraining()
    {
        var disk = new OwnDisk(_folder["disk"], 1024, readOnly: true);
        foreach (var (words, place) in new[] { (Tiny.Words(whole.Data, Path.Combine(disk.Mount, "run")), disk.Mount), (Tiny.Words(whole.Data, null), Path.Combine("runs", "cnn-1")) })
        {
            var run = ForgeProgram.Run(words, shell: disk.Shell);
            run.MustExit(3).MustComplain(place, "the run's folder cannot be written", "Read-only", "--out");
            Assert.Empty(run.EventsNamed("epoch"));
        }
    }

    [OwnDiskFact]
    public void ReadOnlyDisk_CannotBeResumed_AndKeepsTheRun()
    {
        var run = _folder["run"];
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var disk = new OwnDisk(_folder["disk"], 8192, keep: _folder["kept"], from: run, readOnly: true);
        ForgeProgram.Run(["train", "cnn", "--resume", "--device", "reference", "--out", disk.Mount, "--epochs", "2"], shell: disk.Shell)
            .MustExit(3).MustComplain(disk.Mount, "cannot be written", "Read-only");
        Assert.Equal(File.ReadAllBytes(Path.Combine(run, "last.safetensors")), File.ReadAllBytes(Path.Combine(disk.Kept, "last.safetensors")));
    }

    [Fact]
    public void Interrupted_WithoutRoomToSave_SaysSo_AndExitsThree()
    {
        var run = _folder["run"];
        Tiny.Train(whole.Data, run, "--epochs", "1", "--steps-per-epoch", "5").MustExit(0);
        var before = File.ReadAllBytes(Path.Combine(run, "last.safetensors"));
        using var program = ForgeProgram.Start(["train", "cnn", "--resume", "--device", "reference", "--out", run, "--epochs", "2", "--steps-per-epoch", "100000", "--json"],
            environment: s_noMappedCode, shell: SmallFiles);
        program.WaitFor("\"event\":\"model\"");
        program.Signal("INT");
        var end = program.Finish().MustExit(3).MustComplain("Interrupted in epoch", "not saved", "last.safetensors", "could not be written", "intact", "Go on with");
        Assert.DoesNotContain("Everything is saved", end.Stderr, StringComparison.Ordinal);
        Assert.Equal(3, end.EventsNamed("error")[0].GetProperty("exit_code").GetInt32());
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "last.safetensors")));
    }

    [Fact]
    public void BadImage_WithoutRoomToSave_SaysBoth()
    {
        var data = TinyImages.Write(_folder["data"]);
        File.WriteAllBytes(Path.Combine(data, TinyImages.Classes[1], "picture 2.png"), [1, 2, 3]);
        var end = ForgeProgram.Run(Tiny.Words(data, _folder["run"], "--epochs", "1", "--val", "0"), environment: s_noMappedCode, shell: SmallFiles);
        end.MustExit(3).MustComplain("picture 2.png", "not saved", "last.safetensors", "could not be written");
        Assert.DoesNotContain("Go on with", end.Stderr, StringComparison.Ordinal);
    }

    [OwnDiskDriverFact] // a device: llvmpipe's memory is a file to the limit on file sizes
    public void Diverged_WithoutRoomToSave_SaysSo()
    {
        var disk = new OwnDisk(_folder["disk"], 64, keep: _folder["kept"]);
        ForgeProgram.Run(["train", "cnn", "--data", whole.Data, "--size", "22", "--batch", "4", "--steps-per-epoch", "50", "--epochs", "1", "--lr", "1e30", "--out", Path.Combine(disk.Mount, "run")], shell: disk.Shell)
            .MustExit(6).MustComplain("not finite", "The last finite state is not saved", "could not be written");
        Assert.Empty(Directory.GetFiles(disk.Kept, "*.safetensors", SearchOption.AllDirectories));
    }
}

/// <summary>A small disk that exists for one run of the program, in it: a tmpfs only that process and its children see.</summary>
internal sealed class OwnDisk
{
    private static readonly Lazy<string?> s_flags = new(() => new[] { "-m", "-rm" }.FirstOrDefault(flags =>
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("unshare", [flags, "sh", "-c", "mount -t tmpfs -o size=64k none /tmp"]) { RedirectStandardError = true });
            probe!.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such program
        }
    }));

    /// <summary>Describes the disk.</summary>
    /// <param name="mount">Where it is mounted.</param>
    /// <param name="kibibytes">Its size.</param>
    /// <param name="keep">Where its files are copied after the run.</param>
    /// <param name="from">A folder whose files are put on it first.</param>
    /// <param name="readOnly">Whether it cannot be written after that.</param>
    public OwnDisk(string mount, long kibibytes, string? keep = null, string? from = null, bool readOnly = false)
    {
        (Mount, Kept) = (Directory.CreateDirectory(mount).FullName, keep is null ? "" : Directory.CreateDirectory(keep).FullName);
        var script = $"mount -t tmpfs -o size={kibibytes}k none \"$0\" && "
            + (from is null ? "" : $"cp -r {Quoted(from)}/. \"$0\" && ") + (readOnly ? "mount -o remount,ro \"$0\" && " : "true && ")
            + "cd \"$0\" && { \"$@\"; code=$?; }; " + (keep is null ? "" : $"cp -r \"$0\"/. {Quoted(Kept)}; ") + "exit $code";
        Shell = $"exec unshare {Flags} sh -c {Quoted(script)} {Quoted(Mount)} \"$@\"";
    }

    /// <summary>Null where such a disk can be made; else why not.</summary>
    public static string? Missing { get; } = Flags is null ? "needs a file system of its own, and this machine allows no mount namespace (unshare -rm)" : null;

    /// <summary>Where the disk is.</summary>
    public string Mount { get; }

    /// <summary>Where its files are after the run.</summary>
    public string Kept { get; }

    /// <summary>The line of shell that runs the program on it.</summary>
    public string Shell { get; }

    private static string? Flags => s_flags.Value;

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

/// <summary>A test that needs a disk of its own.</summary>
public sealed class OwnDiskFactAttribute : FactAttribute
{
    public OwnDiskFactAttribute() => Skip = OwnDisk.Missing;
}

/// <summary>A test that needs a disk of its own and a device.</summary>
public sealed class OwnDiskDriverFactAttribute : FactAttribute
{
    public OwnDiskDriverFactAttribute() => Skip = Needs.MissingDriver ?? OwnDisk.Missing;
}
