using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Models;

public partial class Model
{
    /// <summary>Writes the weights, statistics of batch normalisation included, to a safetensors file that other tools read too.</summary>
    /// <param name="path">The file; it is replaced whole or not at all. Its folder is created where needed.</param>
    /// <param name="engine">Where the weights are; the engine of <see cref="Compile"/> when left out.</param>
    /// <remarks>The names are those of <see cref="Parameters"/>; shapes are Keras's (kernels height, width, in, out). What resumes training is a checkpoint.</remarks>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void SaveWeights(string path, Engine? engine = null)
    {
        var state = (engine ?? Trainer.Engine).State;
        WeightFile.Write(path, Parameters.ToDictionary(p => p.Name, state.Read));
    }

    /// <summary>Replaces the weights by those of a safetensors file, found by their names.</summary>
    /// <param name="path">What <see cref="SaveWeights"/> or another tool wrote, a checkpoint, or a run folder for its best checkpoint.</param>
    /// <param name="engine">Where the weights go; the engine of <see cref="Compile"/> when left out.</param>
    /// <param name="skipMismatch">Leaves weights as they are that the file lacks or has in another shape, and those of the file that the model lacks.</param>
    /// <returns>The weights that were left as they are: with <paramref name="skipMismatch"/> alone there can be any.</returns>
    /// <exception cref="CheckpointException">The file is missing, damaged, or of another model; the message names it and the tensors.</exception>
    public IReadOnlyList<string> LoadWeights(string path, Engine? engine = null, bool skipMismatch = false)
    {
        var state = (engine ?? Trainer.Engine).State;
        path = Checkpoint.Find(path);
        var found = WeightFile.Read(path);
        var differences = WeightDifferences.Of(Parameters.Select(p => KeyValuePair.Create(p.Name, p.Type)), found);
        if (!skipMismatch) differences.MustBeNone($"{path}: the weights are of another model than '{Name}'", "Load them into the model they were saved from, or skip what does not match.");
        if (differences.Unfilled.Count == Parameters.Count && Parameters.Count > 0)
            throw new CheckpointException($"{path}: none of the weights fits model '{Name}': {differences.Unfilled.Values.First()}. The file has {string.Join(", ", found.Keys.Order().Take(5).Select(n => $"'{n}'"))}{(found.Count > 5 ? ", ..." : "")}.");
        foreach (var parameter in Parameters)
            if (!differences.Unfilled.ContainsKey(parameter.Name)) state.Write(parameter, found[parameter.Name]);
        return [.. differences.Unfilled.Keys];
    }
}
