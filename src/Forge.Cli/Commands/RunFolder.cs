using System.Globalization;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Cli.Commands;

/// <summary>Chooses the folder of a training run.</summary>
internal static class RunFolder
{
    private const string Parent = "runs";

    /// <summary>The folder of a new run: the one asked for, if it holds no run yet, else the next free number.</summary>
    /// <param name="wanted">The folder asked for; null for none.</param>
    /// <param name="model">What is trained: runs of one model are numbered.</param>
    /// <exception cref="UsageException">The folder holds a run already.</exception>
    public static string ForNewRun(string? wanted, string model)
    {
        if (wanted is null) return Path.Combine(Parent, Prefix(model) + (Numbers(model).DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture));
        if (!HasCheckpoint(wanted)) return wanted;
        throw new UsageException($"{wanted} already holds a training run. Add --resume to go on with it, or choose another --out.");
    }

    /// <summary>Makes the folder of a new run this run's alone.</summary>
    /// <param name="folder">What <see cref="ForNewRun"/> chose without being asked for one.</param>
    /// <exception cref="DataException">It cannot be written.</exception>
    /// <returns>The folder; where another run has taken it meanwhile, one of a higher number.</returns>
    public static string Claim(string folder)
    {
        var end = folder.LastIndexOf('-') + 1;
        var (stem, number) = (folder[..end], int.Parse(folder[end..], CultureInfo.InvariantCulture));
        for (; ; number++)
        {
            folder = stem + number.ToString(CultureInfo.InvariantCulture);
            var settings = RunSettings.PathIn(folder);
            try
            {
                Directory.CreateDirectory(folder); // says nothing where it exists: the settings' file decides, which one process alone creates
                using var file = new FileStream(settings, FileMode.CreateNew);
                return folder;
            }
            catch (IOException) when (File.Exists(settings))
            {
                // Another run's. Try the next number.
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw NotWritable(folder, problem);
            }
        }
    }

    /// <summary>What a user is told whose run has no place.</summary>
    public static DataException NotWritable(string folder, Exception problem) =>
        new($"{folder}: the run's folder cannot be written ({problem.Message.TrimEnd('.')}). Free space, or choose another folder with --out.", problem);

    /// <summary>The folder of the run to go on with: the one asked for, or the newest.</summary>
    /// <param name="wanted">The folder asked for; null for the newest.</param>
    /// <param name="model">What is trained.</param>
    /// <exception cref="CheckpointException">There is no run to go on with.</exception>
    public static string ToResume(string? wanted, string model)
    {
        if (wanted is not null)
            return HasCheckpoint(wanted) ? wanted : throw new CheckpointException($"{wanted}: no checkpoint to go on from. Leave out --resume to begin, or name another run with --out.");
        return Numbers(model).OrderDescending().Select(n => Path.Combine(Parent, Prefix(model) + n.ToString(CultureInfo.InvariantCulture))).FirstOrDefault(HasCheckpoint)
            ?? throw new CheckpointException($"{Path.Combine(Parent, Prefix(model) + "*")}: no checkpoint to go on from. Name the run's folder with --out, or leave out --resume to begin.");
    }

    /// <summary>The newest checkpoint of a run's folder that is whole; where the last one is damaged, the best one, with a warning that says so.</summary>
    /// <exception cref="CheckpointException">There is none; the message says of each what is wrong with it.</exception>
    public static Checkpoint Newest(string folder)
    {
        var (last, best) = (Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Last)), Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Best)));
        if (!File.Exists(last)) return Checkpoint.Load(best);
        try
        {
            return Checkpoint.Load(last);
        }
        catch (CheckpointException damaged) when (File.Exists(best))
        {
            try
            {
                var earlier = Checkpoint.Load(best);
                Report.Warn($"{damaged.Message} Going on from {best} instead, which was saved after epoch {earlier.Epoch}.");
                return earlier;
            }
            catch (CheckpointException too)
            {
                throw new CheckpointException($"{damaged.Message}\n{too.Message}\nThe run cannot be gone on with: begin a new one without --resume, in another folder.", damaged);
            }
        }
    }

    /// <summary>What to type to go on with a run.</summary>
    public static string ResumeCommand(string model, string folder) => $"forge train {model} --resume --out {(folder.Contains(' ') ? $"'{folder}'" : folder)}";

    private static bool HasCheckpoint(string folder) =>
        File.Exists(Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Last))) || File.Exists(Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Best)));

    private static string Prefix(string model) => model + "-";

    private static IEnumerable<int> Numbers(string model) => !Directory.Exists(Parent) ? [] : Directory.EnumerateDirectories(Parent, Prefix(model) + "*")
        .Select(folder => int.TryParse(Path.GetFileName(folder)[Prefix(model).Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(number => number > 0);
}
