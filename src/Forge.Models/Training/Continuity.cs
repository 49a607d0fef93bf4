using System.Reflection;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Models.Training;

/// <summary>Has a resumed run compute as the run computed that was saved, and says where it cannot.</summary>
/// <param name="engine">What runs the steps.</param>
internal sealed class Continuity(Engine engine)
{
    /// <summary>The note in a checkpoint that says which Forge wrote it.</summary>
    public const string Version = "forge";

    private string? _otherForge;
    private int _told;

    /// <summary>Version and commit of this Forge.</summary>
    public static string ThisForge { get; } = typeof(Engine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Has ops run the variants of a checkpoint, whatever was tuned since.</summary>
    public void GoOnWith(Checkpoint saved)
    {
        engine.UseVariants(saved.VariantLines);
        _otherForge = saved.Notes.GetValueOrDefault(Version) is { } before && before != ThisForge ? $"it was saved by Forge {before}, this is {ThisForge}" : null;
        _told = 0;
    }

    /// <summary>A warning about what has come to light since the last call; null where nothing has.</summary>
    public string? NewWarning()
    {
        if (_otherForge is null && engine.Backend.VariantDepartures.Count == _told) return null;
        List<string> reasons = [.. _otherForge is null ? [] : (string[])[_otherForge], .. engine.Backend.VariantDepartures.Skip(_told)];
        (_otherForge, _told) = (null, engine.Backend.VariantDepartures.Count);
        return $"Not every bit will be that of a run that went on without a stop from this checkpoint: {string.Join("; ", reasons.Take(3))}{(reasons.Count > 3 ? $"; and {reasons.Count - 3} more ops" : "")}. Training goes on from the same weights, data and random numbers.";
    }
}
