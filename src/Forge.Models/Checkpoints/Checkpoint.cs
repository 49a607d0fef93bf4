using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Checkpoints;

/// <summary>Which checkpoint of a run folder is meant.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum CheckpointChoice
{
    /// <summary>The best by the watched metric.</summary>
    Best,
    /// <summary>The most recent.</summary>
    Last,
}

/// <summary>The whole state of a training run, kept in one safetensors file.</summary>
/// <remarks>
/// Weights lie under their own names, so other tools read them; the optimizer's tensors are prefixed <c>forge.optimizer/</c>, and all
/// else is text in the metadata: <c>forge.training</c> (numbers and names, JSON), <c>forge.model</c>, <c>forge.optimizer</c>,
/// <c>forge.variants</c>. Files are replaced atomically: after any failure the old one or the whole new one is there.
/// </remarks>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed record Checkpoint
{
    /// <summary>The format this version writes; files of a later one are refused.</summary>
    public const int FormatVersion = 1;

    internal const string OptimizerPrefix = "forge.optimizer/";

    /// <summary>The model's parameters and other state, by name.</summary>
    public required IReadOnlyDictionary<string, HostTensor> Weights { get; init; }

    /// <summary>The optimizer's slots (moments and the like), by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> OptimizerSlots { get; init; } = new Dictionary<string, HostTensor>();

    /// <summary>The model's configuration, JSON as its builder wrote it.</summary>
    public string ModelConfig { get; init; } = "";

    /// <summary>The optimizer's configuration, JSON.</summary>
    public string OptimizerConfig { get; init; } = "";

    /// <summary>The variant table in use (<see cref="IBackend.VariantTable"/>, a line each): a resumed run follows it, so that with the same device and binary it repeats the same bits.</summary>
    public string VariantTable { get; init; } = "";

    /// <summary>The lines of <see cref="VariantTable"/>.</summary>
    public IReadOnlyList<string> VariantLines => VariantTable.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Height, width and channels the model takes, of clips frames first; empty if it takes no images.</summary>
    public IReadOnlyList<int> InputShape { get; init; } = [];

    /// <summary>The classes in label order; empty if the model tells none apart.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Optimizer steps taken.</summary>
    public long Step { get; init; }

    /// <summary>Epochs completed.</summary>
    public int Epoch { get; init; }

    /// <summary>Steps taken in the epoch that was under way.</summary>
    public int StepInEpoch { get; init; }

    /// <summary>Where the next training batch stands.</summary>
    public BatchPosition Data { get; init; }

    /// <summary>Random seeds by use.</summary>
    public IReadOnlyDictionary<string, ulong> Seeds { get; init; } = new Dictionary<string, ulong>();

    /// <summary>Numbers worth keeping: the best value seen, running sums of the epoch, and so on.</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new Dictionary<string, double>();

    /// <summary>Text that callbacks and schedules keep for themselves.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>The file name of a checkpoint in a run folder: best.safetensors or last.safetensors.</summary>
    public static string FileName(CheckpointChoice choice) => choice == CheckpointChoice.Best ? "best.safetensors" : "last.safetensors";

    /// <summary>The file that a path given by a user means: itself, or a run folder's checkpoint.</summary>
    /// <param name="path">A file or a run folder.</param>
    /// <param name="choice">Which one of a run folder; the other is taken where it is missing.</param>
    /// <exception cref="CheckpointException">There is nothing of the kind.</exception>
    public static string Find(string path, CheckpointChoice choice = CheckpointChoice.Best)
    {
        if (File.Exists(path)) return path;
        if (!Directory.Exists(path)) throw new CheckpointException($"{path}: no such checkpoint. Give a run folder or a .safetensors file.");
        var other = choice == CheckpointChoice.Best ? CheckpointChoice.Last : CheckpointChoice.Best;
        foreach (var one in (CheckpointChoice[])[choice, other])
            if (Path.Combine(path, FileName(one)) is var file && File.Exists(file))
                return FolderBounds.Problem(path, file) is { } problem ? throw new CheckpointException($"{file}: cannot be read: {problem}.") : file;
        throw new CheckpointException($"{path}: the folder holds neither {FileName(choice)} nor {FileName(other)}. Give a run folder that forge train wrote, or a .safetensors file.");
    }

    /// <summary>Writes the checkpoint: beside the old one, flushed to the disk, then in its place.</summary>
    /// <exception cref="CheckpointException">It could not be written; an older file at that path is intact.</exception>
    public void Save(string path) => Save(path, static stream => stream);

    internal void Save(string path, Func<Stream, Stream> wrap)
    {
        var tensors = new Dictionary<string, HostTensor>(Weights);
        foreach (var (name, _) in Weights)
            if (name.StartsWith(OptimizerPrefix, StringComparison.Ordinal)) throw new CheckpointException($"A weight is called '{name}', but names that start with {OptimizerPrefix} are the optimizer's. Rename it.");
        foreach (var (name, tensor) in OptimizerSlots) tensors.Add(OptimizerPrefix + name, tensor);
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "forge",
            ["forge.training"] = TrainingState.ToJson(this),
            ["forge.model"] = ModelConfig,
            ["forge.optimizer"] = OptimizerConfig,
            ["forge.variants"] = VariantTable,
        };
        try
        {
            AtomicFile.Write(path, stream => Safetensors.Write(stream, tensors, metadata), wrap);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: the checkpoint could not be written ({e.Message.TrimEnd('.')}). "
                + (File.Exists(path) ? "The checkpoint that was there before is intact. " : "") + "Free space or choose another folder with --out.", e);
        }
    }

    /// <summary>Reads a checkpoint written by <see cref="Save(string)"/>, verifying its checksum.</summary>
    /// <param name="path">A file, or a run folder for its best checkpoint.</param>
    /// <exception cref="CheckpointException">It is missing, damaged, truncated, of a later version, or not Forge's.</exception>
    public static Checkpoint Load(string path)
    {
        path = Find(path);
        return Of(Safetensors.Read(path), path);
    }

    /// <summary>The checkpoint that a safetensors file's content is.</summary>
    internal static Checkpoint Of(SafetensorsContent content, string path)
    {
        if (!content.Metadata.TryGetValue("forge.training", out var state))
            throw new CheckpointException($"{path}: a safetensors file, but not a checkpoint of Forge: it has no forge.training in its metadata. Its weights alone can be read with Safetensors.Read.");
        if (!content.Verified)
            throw new CheckpointException($"{path}: the checkpoint has lost its checksum, so it was damaged or rewritten by another program. Use the original, or read its weights alone with Safetensors.Read.");
        var weights = content.Tensors.Where(t => !t.Key.StartsWith(OptimizerPrefix, StringComparison.Ordinal)).ToDictionary();
        var slots = content.Tensors.Where(t => t.Key.StartsWith(OptimizerPrefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[OptimizerPrefix.Length..], t => t.Value);
        return TrainingState.FromJson(state, path, new()
        {
            Weights = weights,
            OptimizerSlots = slots,
            ModelConfig = content.Metadata.GetValueOrDefault("forge.model", ""),
            OptimizerConfig = content.Metadata.GetValueOrDefault("forge.optimizer", ""),
            VariantTable = content.Metadata.GetValueOrDefault("forge.variants", ""),
        });
    }

    /// <summary>Throws unless the weights have exactly these names and types.</summary>
    /// <param name="expected">What the model has.</param>
    /// <param name="path">The checkpoint's file for the message.</param>
    /// <exception cref="CheckpointException">Something is missing, left over or of another shape; the message lists the first few.</exception>
    public void RequireWeights(IEnumerable<KeyValuePair<string, TensorType>> expected, string path)
    {
        ArgumentNullException.ThrowIfNull(expected);
        WeightDifferences.Of(expected, Weights).MustBeNone($"{path}: the checkpoint is of another model", "Use the model, image size and classes it was trained with, or train anew.");
    }

    /// <summary>Throws unless the data's classes are the checkpoint's.</summary>
    /// <exception cref="CheckpointException">Number, names or order differ; the message shows both.</exception>
    public void RequireClasses(IReadOnlyList<string> classes, string path)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (ClassNames.SequenceEqual(classes)) return;
        throw new CheckpointException($"{path}: the checkpoint tells {ClassNames.Count} classes apart ({Shown(ClassNames)}), the data have {classes.Count} ({Shown(classes)}). Use the data it was trained for, or train anew.");

        static string Shown(IReadOnlyList<string> names) => string.Join(", ", names.Take(10)) + (names.Count > 10 ? ", ..." : "");
    }

    /// <summary>Throws unless images of this shape are what the checkpoint's model takes.</summary>
    /// <param name="shape">Height, width, channels.</param>
    /// <param name="path">The checkpoint's file for the message.</param>
    /// <exception cref="CheckpointException">The shapes differ.</exception>
    public void RequireInput(Shape shape, string path)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (InputShape.SequenceEqual(shape)) return;
        var resizable = InputShape is [var height, var width, var channels] && height == width && shape.Rank == 3 && channels == shape[2];
        throw new CheckpointException($"{path}: the checkpoint takes {(InputShape.Count == 4 ? "clips" : "images")} of {string.Join("x", InputShape)}, the data have {string.Join("x", shape)}. "
            + (resizable ? $"Resize the images with --size {InputShape[0]}, or train anew." : "Use data like those it was trained on, or train anew."));
    }
}
