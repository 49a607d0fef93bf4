using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Training;

namespace Forge.Models.Gan;

/// <summary>A GAN as a checkpoint keeps it, ready to make images.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SavedGan : IDisposable
{
    private SavedGan(Checkpoint checkpoint, string path, GanTrainer trainer) => (Checkpoint, Path, Trainer) = (checkpoint, path, trainer);

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Its file.</summary>
    public string Path { get; }

    /// <summary>The models.</summary>
    public GanTrainer Trainer { get; }

    /// <summary>Whether a checkpoint is a GAN's.</summary>
    public static bool Is(Checkpoint checkpoint) => DcGanConfig.FromJson(checkpoint.ModelConfig) is not null;

    /// <summary>Loads a checkpoint onto an engine.</summary>
    /// <param name="engine">What runs the models.</param>
    /// <param name="path">A file or a run folder.</param>
    /// <exception cref="CheckpointException">There is none, it is damaged, or it is of another model.</exception>
    public static SavedGan Load(Engine engine, string path)
    {
        path = Checkpoint.Find(path, CheckpointChoice.Last);
        return Load(engine, Checkpoint.Load(path), path);
    }

    /// <summary>Loads a checkpoint that was read onto an engine.</summary>
    /// <param name="engine">What runs the models.</param>
    /// <param name="saved">The checkpoint.</param>
    /// <param name="path">Its file.</param>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public static SavedGan Load(Engine engine, Checkpoint saved, string path)
    {
        var config = DcGanConfig.FromJson(saved.ModelConfig)
            ?? throw new CheckpointException($"{path}: a checkpoint of another model than a DCGAN. Give one that forge train gan wrote.");
        if (saved.ClassNames.Count != config.Classes)
            throw new CheckpointException($"{path}: names {saved.ClassNames.Count} classes, but its model makes images of {config.Classes}. The file is damaged; use another checkpoint.");
        var trainer = new GanTrainer(engine, SavedClassifier.Built(() => new DcGan(config), path, gan => [.. gan.Generator.Parameters, .. gan.Discriminator.Parameters]));
        trainer.LoadWeights(saved, path);
        return new(saved, path, trainer);
    }

    /// <summary>Images from noise, some at a time.</summary>
    /// <param name="noise">f32 (n, latent).</param>
    /// <param name="classes">The class of each image; null where the model has none.</param>
    /// <param name="batch">Images at a time.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>f32 (n, size, size, channels) in −1..1.</returns>
    public HostTensor Make(HostTensor noise, IReadOnlyList<int>? classes, int batch = 64, CancellationToken cancellation = default) => Make(Trainer, noise, classes, batch, cancellation);

    /// <summary>Images from noise by a generator that need not be saved.</summary>
    /// <inheritdoc cref="Make(HostTensor, IReadOnlyList{int}, int, CancellationToken)"/>
    public static HostTensor Make(GanTrainer trainer, HostTensor noise, IReadOnlyList<int>? classes, int batch = 64, CancellationToken cancellation = default)
    {
        var (n, config) = (noise.Shape[0], trainer.Gan.Config);
        var all = new HostTensor(new(DType.F32, (n, config.Size, config.Size, config.Channels)));
        for (var start = 0; start < n; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batch, n - start);
            all.PutRows(start, trainer.Make(noise.Rows(start, count), classes is null ? null : [.. classes.Skip(start).Take(count)]));
        }
        return all;
    }

    /// <inheritdoc/>
    public void Dispose() => Trainer.Dispose();
}
