using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Forge.Cli.Tests;

/// <summary>A training run, small but of many checkpoints, that is killed on its way.</summary>
/// <param name="Name">The command.</param>
/// <param name="SaveEvery">Steps from one checkpoint to the next.</param>
/// <param name="Options">What else it is told.</param>
internal sealed record KilledRun(string Name, int SaveEvery, string Options)
{
    /// <summary>Checkpoints that are there before a kill.</summary>
    public const int Before = 3;

    /// <summary>The article's net with augmentation and dropout; 29 images, so that passes end with a batch of one.</summary>
    public static KilledRun Cnn { get; } = new("cnn", 4, "--size 22 --augment --dropout 0.3 --epochs 6 --steps-per-epoch 16");

    /// <summary>A DCGAN.</summary>
    public static KilledRun Gan { get; } = new("gan", 2, "--size 28 --steps 20 --sample-every 10");

    /// <summary>Trains to the end.</summary>
    /// <returns>Seconds from the start until the third checkpoint, and until the end.</returns>
    public (double Before, double After) Whole(string data, string run)
    {
        var clock = Stopwatch.StartNew();
        using var checkpoints = new RenamesOf(run, "last.safetensors");
        using var program = ForgeProgram.Start(Words(data, run));
        Assert.True(checkpoints.WaitFor(Before, program));
        var before = clock.Elapsed.TotalSeconds;
        program.Finish().MustExit(0);
        return (before, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Trains, and kills the program with everything that it started.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="run">The run's folder.</param>
    /// <param name="moment">Seconds after the third checkpoint.</param>
    /// <returns>Whether it was killed; false where it had ended before.</returns>
    public bool Kill(string data, string run, double moment)
    {
        using var checkpoints = new RenamesOf(run, "last.safetensors");
        using var program = ForgeProgram.Start(Words(data, run), ownGroup: true);
        if (!checkpoints.WaitFor(Before, program)) return false;
        Thread.Sleep(TimeSpan.FromSeconds(moment));
        program.KillGroup();
        return program.Finish().ExitCode == 137;
    }

    /// <summary>Goes on to the end.</summary>
    public Finished Resume(string run) => ForgeProgram.Run("train", Name, "--resume", "--out", run, "--quiet");

    /// <summary>Checks that two folders hold the same files but for what a clock measured.</summary>
    public static void MustBeAlike(string whole, string run, string place)
    {
        Assert.True(Names(whole).SequenceEqual(Names(run)), $"{place}: {string.Join(", ", Names(run))} instead of {string.Join(", ", Names(whole))}.");
        foreach (var name in Names(whole))
        {
            var (wanted, found) = (Content(whole, name), Content(run, name));
            Assert.True(wanted.AsSpan().SequenceEqual(found), $"{place}: {name} differs{(name.StartsWith("log", StringComparison.Ordinal) ? $":\n{Text(found)}\ninstead of\n{Text(wanted)}" : "")}.");
        }

        static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
    }

    // A killed writer leaves its unfinished file, which is swept away after an hour.
    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Where(n => !n.EndsWith(".tmp", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static byte[] Content(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!name.StartsWith("log", StringComparison.Ordinal)) return File.ReadAllBytes(path);
        // Seconds are a column of their own before the learning rate, or the last one: images a second.
        var lines = File.ReadAllLines(path);
        return System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(line => name.EndsWith("jsonl", StringComparison.Ordinal) ? Regex.Replace(line, "\"seconds\":[^,}]+", "")
            : string.Join(',', line.Split(',').Where((_, i) => lines[0].Split(',')[i] is not ("seconds" or "images_per_second"))))));
    }

    private string[] Words(string data, string run) =>
        ["train", Name, "--data", data, "--batch", "4", "--save-every", $"{SaveEvery}", "--out", run, "--quiet", .. Options.Split(' ')];

    /// <summary>Counts how often a file was put in its place by renaming another.</summary>
    private sealed class RenamesOf : IDisposable
    {
        private readonly FileSystemWatcher _watcher;
        private int _count;

        public RenamesOf(string folder, string name)
        {
            _watcher = new(Directory.CreateDirectory(folder).FullName) { NotifyFilter = NotifyFilters.FileName };
            _watcher.Renamed += (_, e) => { if (e.Name == name) Interlocked.Increment(ref _count); };
            _watcher.EnableRaisingEvents = true;
        }

        public bool WaitFor(int count, ForgeProgram program)
        {
            for (var clock = Stopwatch.StartNew(); Volatile.Read(ref _count) < count; Thread.Sleep(1))
                if (program.HasEnded || clock.Elapsed.TotalSeconds > 240) return Volatile.Read(ref _count) >= count;
            return true;
        }

        public void Dispose() => _watcher.Dispose();
    }
}
