using Forge.Core;

namespace Forge.Models.Checkpoints;

/// <summary>A safetensors file of weights alone.</summary>
internal static class WeightFile
{
    /// <summary>Writes the file beside the old one, flushes it, and puts it in its place.</summary>
    /// <exception cref="CheckpointException">It could not be written; an older file at that path is intact.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, HostTensor> weights)
    {
        try
        {
            AtomicFile.Write(path, stream => Safetensors.Write(stream, weights, new Dictionary<string, string> { ["format"] = "forge" }));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: the weights could not be written ({e.Message.TrimEnd('.')}). Free space or choose another place.", e);
        }
    }

    /// <summary>The weights of a file; those that a checkpoint keeps for its optimizer are left out.</summary>
    /// <exception cref="CheckpointException">The file is missing, truncated, damaged, or no safetensors file.</exception>
    public static Dictionary<string, HostTensor> Read(string path) =>
        Safetensors.Read(path).Tensors.Where(t => !t.Key.StartsWith(Checkpoint.OptimizerPrefix, StringComparison.Ordinal)).ToDictionary();
}
