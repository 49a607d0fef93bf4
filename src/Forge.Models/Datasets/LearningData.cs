using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Datasets;

/// <summary>What a classifier learns from and is judged on, and how that is prepared.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record LearningOptions
{
    /// <summary>The part of a folder that is held back for validation when nothing else is said.</summary>
    public const double DefaultSplit = 0.2;

    /// <summary>The name of a data set that needs no folder, or a folder.</summary>
    public string Data { get; init; } = "";

    /// <summary>Height and width that a folder's images or frames are resized to, in pixels; null for what is usual.</summary>
    public int? Size { get; init; }

    /// <summary>Examples a batch.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Decides order and every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// A folder to validate on, or a fraction in [0, 1) of the training examples held back; 0 validates on nothing. Null: the test part of a
    /// data set, or <see cref="DefaultSplit"/> of a folder.
    /// </summary>
    public string? Validation { get; init; }

    /// <summary>Threads that prepare batches; 0 means one a core. What a batch holds does not depend on it.</summary>
    public int Workers { get; init; }

    /// <summary>Leaves out and counts files that cannot be decoded.</summary>
    public bool SkipBad { get; init; }

    /// <summary>Where counts of examples are printed; null prints nothing.</summary>
    public TextWriter? Log { get; init; }

    /// <summary>Opens what is learnt from and what is judged on.</summary>
    /// <exception cref="DataException">Something is missing, damaged or does not fit; the message names it.</exception>
    public abstract LearningData Open();

    /// <summary>Opens only what is judged on; null when the options say nothing is.</summary>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public abstract IBatches? OpenValidation();

    /// <summary>Opens a whole folder, or the test part of a data set, to be judged on; <see cref="Validation"/> is not looked at.</summary>
    /// <exception cref="DataException">Something is missing, damaged or does not fit.</exception>
    public abstract IBatches OpenWhole();

    /// <summary>The fraction that is held back; null where <see cref="Validation"/> is none.</summary>
    internal double? Split =>
        double.TryParse(Validation, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)
            ? fraction is >= 0 and < 1 ? fraction : throw new DataException($"The validation fraction is {Validation}, but must be at least 0 and below 1.")
            : null;
}

/// <summary>Training batches and validation batches of one data set.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class LearningData : IDisposable
{
    private LearningData(IBatches training, IBatches? validation, AffineWarpOp? warp) => (Training, Validation, Warp) = (training, validation, warp);

    /// <summary>What is learnt from, in a new order each pass.</summary>
    public IBatches Training { get; }

    /// <summary>What is judged on, always in the same order; null for nothing.</summary>
    public IBatches? Validation { get; }

    /// <summary>Examples of both that were left out because they cannot be decoded.</summary>
    public int Skipped => Training.Skipped.Count + (Validation?.Skipped.Count ?? 0);

    /// <summary>What the device does with training images first; null where they are not augmented.</summary>
    public AffineWarpOp? Warp { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        Validation?.Dispose();
    }

    /// <summary>Takes opened training batches, and opens those to judge on; where that fails, both are closed.</summary>
    internal static LearningData Of(IBatches training, Func<IBatches?> validation, AffineWarpOp? warp = null)
    {
        try
        {
            return new(training, validation(), warp);
        }
        catch
        {
            training.Dispose();
            throw;
        }
    }
}
