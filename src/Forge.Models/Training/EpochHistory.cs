using System.Text.Json;
using Forge.Core;

namespace Forge.Models.Training;

/// <summary>The epochs of a run as its JSONL log tells them, those before a resume included.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class EpochHistory
{
    /// <summary>Reads what <see cref="WriteJson"/> wrote.</summary>
    /// <param name="path">The log.</param>
    /// <returns>By name, such as loss and val_accuracy, a value for each epoch from the first one logged; NaN where an epoch lacks it.</returns>
    /// <exception cref="DataException">The log cannot be read, or a line of it is damaged.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> Read(string path)
    {
        var (epochs, names) = (new List<Dictionary<string, double>>(), new List<string>());
        foreach (var line in Lines(path))
        {
            var values = ValuesOf(line) ?? throw new DataException($"{path}: line {epochs.Count + 1} is damaged. Remove it.");
            names.AddRange(values.Keys.Except(names));
            epochs.Add(values);
        }
        return names.ToDictionary(name => name, name => (IReadOnlyList<double>)[.. epochs.Select(e => e.GetValueOrDefault(name, double.NaN))]);
    }

    private static string[] Lines(string path)
    {
        try
        {
            return InputFile.ReadText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the log cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    // Numbers that JSON has no word for are text: "NaN" and the infinities.
    private static Dictionary<string, double>? ValuesOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var values = new Dictionary<string, double>();
            foreach (var member in document.RootElement.EnumerateObject())
                if (member.Name is not ("event" or "epoch") && !values.TryAdd(member.Name, member.Value.ValueKind == JsonValueKind.Number ? member.Value.GetDouble() : double.NaN)) return null; // twice
            return values;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException) // the latter: half of a pair of surrogates
        {
            return null;
        }
    }
}
