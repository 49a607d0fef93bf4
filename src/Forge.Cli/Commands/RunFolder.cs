using System.Globalization;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Cli.Commands;

/// <summary>Chooses the folder of a training run.</summary>
internal static class RunFolder
{
    private const string Parent = "runs", Prefix = "cnn-";

    /// <summary>The folder of a new run: the one asked for, if it holds no run yet, else the next free number.</summary>
    /// <exception cref="UsageException">The folder holds a run already.</exception>
    public static string ForNewRun(string? wanted)
    {
        if (wanted is null) return Path.Combine(Parent, Prefix + (Numbers().DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture));
        if (!HasCheckpoint(wanted)) return wanted;
        throw new UsageException($"{wanted} already holds a training run. Add --resume to go on with it, or choose another --out.");
    }

    /// <summary>Makes the folder of a new run this run's alone.</summary>
    /// <param name="folder">What <see cref="ForNewRun"/> chose without being asked for one.</param>
    /// <exception cref="DataException">It cannot be written.</exception>
    /// <returns>The folder; where another run has taken it meanwhile, one of a higher number.</returns>
    public static string Claim(string folder)
    {
        var (stem, number) = (Path.Combine(Path.GetDirectoryName(folder)!, Prefix), int.Parse(Path.GetFileName(folder)[Prefix.Length..], CultureInfo.InvariantCulture));
        for (; ; number++)
        {
            folder = stem + number.ToString(CultureInfo.InvariantCulture);
            var settings = TrainSettings.PathIn(folder);
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
    /// <exception cref="CheckpointException">There is no run to go on with.</exception>
    public static string ToResume(string? wanted)
    {
        if (wanted is not null)
            return HasCheckpoint(wanted) ? wanted : throw new CheckpointException($"{wanted}: no checkpoint to go on from. Leave out --resume to begin, or name another run with --out.");
        return Numbers().OrderDescending().Select(n => Path.Combine(Parent, Prefix + n.ToString(CultureInfo.InvariantCulture))).FirstOrDefault(HasCheckpoint)
            ?? throw new CheckpointException($"{Path.Combine(Parent, Prefix + "*")}: no checkpoint to go on from. Name the run's folder with --out, or leave out --resume to begin.");
    }

    private static bool HasCheckpoint(string folder) =>
        File.Exists(Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Last))) || File.Exists(Path.Combine(folder, Checkpoint.FileName(CheckpointChoice.Best)));

    private static IEnumerable<int> Numbers() => !Directory.Exists(Parent) ? [] : Directory.EnumerateDirectories(Parent, Prefix + "*")
        .Select(folder => int.TryParse(Path.GetFileName(folder)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Where(number => number > 0);
}
