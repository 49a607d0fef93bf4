using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Cli.Commands;

/// <summary>What a training run was told; kept in its folder, so that --resume needs no option repeated.</summary>
internal static class RunSettings
{
    private const string FileName = "run.json";

    /// <summary>The settings' file in a run's folder.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Writes the settings to a run's folder.</summary>
    /// <exception cref="DataException">They cannot be written.</exception>
    public static void Save<T>(string folder, T settings, JsonTypeInfo<T> json)
    {
        try
        {
            AtomicFile.Write(PathIn(folder), stream => JsonSerializer.Serialize(stream, settings, json));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw RunFolder.NotWritable(folder, problem);
        }
    }

    /// <summary>Reads the settings of a run's folder; null where it has none.</summary>
    /// <exception cref="DataException">The file is damaged.</exception>
    public static T? Load<T>(string folder, JsonTypeInfo<T> json, Func<T, bool> isPossible) where T : class
    {
        var path = PathIn(folder);
        if (!File.Exists(path)) return null;
        try
        {
            if (FolderBounds.Problem(folder, path) is { } outside) throw new DataException($"{path}: cannot be read: {outside}.");
            using var file = InputFile.OpenText(path);
            if (JsonSerializer.Deserialize(file, json) is { } settings && isPossible(settings)) return settings;
            throw new DataException($"{path}: holds a value that no run can have. Remove the folder or repair the file.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read ({problem.Message.TrimEnd('.')}).", problem);
        }
        catch (JsonException problem)
        {
            throw new DataException($"{path}: damaged ({ForeignText.Shown(problem.Message, 200)}). Remove the folder or repair the file.", problem);
        }
    }
}
