using Forge.Core;

namespace Forge.Models.Checkpoints;

/// <summary>How the weights of a file differ from those of a model.</summary>
/// <param name="Unfilled">The model's weights that the file lacks or has in another type, each as a sentence.</param>
/// <param name="Left">The file's weights that the model does not have.</param>
internal sealed record WeightDifferences(IReadOnlyDictionary<string, string> Unfilled, IReadOnlyList<string> Left)
{
    private const int Shown = 5;

    /// <summary>Compares names and types.</summary>
    public static WeightDifferences Of(IEnumerable<KeyValuePair<string, TensorType>> expected, IReadOnlyDictionary<string, HostTensor> found)
    {
        var (unfilled, names) = (new Dictionary<string, string>(), new HashSet<string>());
        foreach (var (name, type) in expected)
        {
            names.Add(name);
            if (!found.TryGetValue(name, out var tensor)) unfilled[name] = $"'{name}' {type} is missing";
            else if (tensor.Type != type) unfilled[name] = $"'{name}' is {tensor.Type}, the model has {type}";
        }
        return new(unfilled, [.. found.Keys.Where(name => !names.Contains(name))]);
    }

    /// <summary>Throws unless there are none.</summary>
    /// <param name="file">What the message begins with: the file, and what it is.</param>
    /// <param name="remedy">What the message ends with.</param>
    /// <exception cref="CheckpointException">There are; the message lists the first few.</exception>
    public void MustBeNone(string file, string remedy)
    {
        string[] problems = [.. Unfilled.Values, .. Left.Select(name => $"'{name}' is not in the model")];
        if (problems.Length == 0) return;
        throw new CheckpointException($"{file}: {string.Join("; ", problems.Take(Shown))}" + (problems.Length > Shown ? $"; and {problems.Length - Shown} more" : "") + $". {remedy}");
    }
}
