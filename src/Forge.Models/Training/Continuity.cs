using System.Reflection;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Models.Training;

/// <summary>Has a resumed run compute as the run computed that was saved, and says where it cannot.</summary>
/// <param name="engine">What runs the steps.</param>
internal sealed class Continuity(Engine engine)
{
    private const string Seed = "engine", Forge = "forge", PrecisionNote = "precision";

    private string? _otherForge;
    private int _told;

    private static string ThisForge { get; } = typeof(Engine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>A checkpoint that says what computed it: the seed, the precision, the ops' variants and this Forge, version and commit.</summary>
    public Checkpoint Signed(Checkpoint checkpoint, Precision precision) => checkpoint with
    {
        Seeds = new Dictionary<string, ulong> { [Seed] = engine.Options.Seed },
        Notes = new Dictionary<string, string> { [PrecisionNote] = precision.Label, [Forge] = ThisForge },
        VariantTable = string.Join('\n', engine.Backend.VariantTable),
    };

    /// <summary>Has ops run the variants of a checkpoint, whatever was tuned since.</summary>
    /// <param name="saved">What <see cref="Signed"/> gave.</param>
    /// <param name="precision">This run's.</param>
    /// <param name="name">What messages call the checkpoint.</param>
    /// <exception cref="CheckpointException">It is of another seed or precision.</exception>
    public void GoOnWith(Checkpoint saved, Precision precision, string name)
    {
        if (saved.Seeds.TryGetValue(Seed, out var seed) && seed != engine.Options.Seed)
            throw new CheckpointException($"{name} was trained with seed {seed}, but this run has seed {engine.Options.Seed}. Resume with the same seed.");
        if (saved.Notes.GetValueOrDefault(PrecisionNote, Precision.Strict32.Label) is var other && other != precision.Label)
            throw new CheckpointException($"{name} was trained with precision {other}, but this run has {precision}. Resume with the same precision.");
        engine.UseVariants(saved.VariantLines);
        _otherForge = saved.Notes.GetValueOrDefault(Forge) is { } before && before != ThisForge ? $"it was saved by Forge {before}, this is {ThisForge}" : null;
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
