using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Metrics;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Cnn;

/// <summary>A classifier of a known design as a checkpoint keeps it, ready to judge pictures.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SavedClassifier
{
    private const int Part = 200;

    private readonly Trainer _trainer;
    private readonly CompiledFunction _features;

    private SavedClassifier(Checkpoint checkpoint, ClassifierDesign design, string path, Trainer trainer)
    {
        (Checkpoint, Design, Path, _trainer) = (checkpoint, design, path, trainer);
        _features = trainer.Engine.Compile(x => trainer.Model.Layers.SkipLast(1).Aggregate(x.Cast(DType.F32) * trainer.InputScale, (y, layer) => layer.Call(y)));
    }

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>What it is a classifier of, and how it is built.</summary>
    public ClassifierDesign Design { get; }

    /// <summary>Its file.</summary>
    public string Path { get; }

    /// <summary>Height, width and channels of the pictures it takes; of clips, frames first.</summary>
    public Shape ImageShape => new([.. Checkpoint.InputShape]);

    /// <summary>The classes in label order.</summary>
    public IReadOnlyList<string> ClassNames => Checkpoint.ClassNames;

    /// <summary>Loads a checkpoint onto an engine.</summary>
    /// <param name="engine">What runs the model.</param>
    /// <param name="path">A file, or a run folder for its best checkpoint.</param>
    /// <exception cref="CheckpointException">There is none, it is damaged, or it is of another model.</exception>
    public static SavedClassifier Load(Engine engine, string path)
    {
        path = Checkpoint.Find(path);
        return Load(engine, Checkpoint.Load(path), path);
    }

    /// <summary>Loads a checkpoint that was read onto an engine.</summary>
    /// <param name="engine">What runs the model.</param>
    /// <param name="saved">The checkpoint.</param>
    /// <param name="path">Its file.</param>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public static SavedClassifier Load(Engine engine, Checkpoint saved, string path)
    {
        if (ClassifierDesign.Of(saved.ModelConfig) is not { } design || saved.InputShape.Count != design.InputRank || saved.ClassNames.Count < 2)
            throw new CheckpointException($"{path}: a checkpoint of another model than Forge's classifiers. Give one that forge train cnn, forge train rnn or forge train video wrote.");
        var model = Built(() => design.Build(new([.. saved.InputShape]), saved.ClassNames.Count), path, built => built.Parameters);
        var trainer = new Trainer(engine, model, new Adam(), Losses.CategoricalCrossentropy);
        trainer.LoadWeights(saved, path);
        return new(saved, design, path, trainer);
    }

    /// <summary>A model as a checkpoint describes it, which may be one that cannot be.</summary>
    /// <exception cref="CheckpointException">It is.</exception>
    internal static T Built<T>(Func<T> build, string path, Func<T, IReadOnlyList<Parameter>> parameters)
    {
        try
        {
            var built = build();
            _ = parameters(built).Count; // layers learn their shapes when somebody asks
            return built;
        }
        catch (ShapeException problem)
        {
            throw new CheckpointException($"{path}: describes a model that cannot be: {problem.Message} The file is damaged; use another checkpoint.", problem);
        }
    }

    /// <summary>Throws unless the model can judge this data.</summary>
    /// <exception cref="CheckpointException">Size, colours or classes differ.</exception>
    public void RequireFit(IBatches data)
    {
        Checkpoint.RequireInput(data.ImageShape, Path);
        Checkpoint.RequireClasses(data.ClassNames, Path);
    }

    /// <summary>Judges every picture once.</summary>
    /// <param name="data">The pictures; see <see cref="RequireFit"/>.</param>
    /// <param name="seen">Called after each batch with the pictures judged so far.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>Who was taken for whom, and the mean cross-entropy.</returns>
    public (ConfusionMatrix Matrix, double Loss) Evaluate(IBatches data, Action<long>? seen = null, CancellationToken cancellation = default)
    {
        RequireFit(data);
        return Evaluate(_trainer, data, seen, cancellation);
    }

    /// <summary>Judges every picture once by a model that is in a trainer.</summary>
    /// <inheritdoc cref="Evaluate(IBatches, Action{long}?, CancellationToken)"/>
    public static (ConfusionMatrix Matrix, double Loss) Evaluate(Trainer trainer, IBatches data, Action<long>? seen = null, CancellationToken cancellation = default)
    {
        var (matrix, loss) = (new ConfusionMatrix(data.ClassNames), 0.0);
        foreach (var batch in data.OnePass(cancellation))
        {
            var scores = trainer.Predict(batch.Images, batch.Count).Span<float>();
            matrix.Add(scores, batch.Classes);
            for (var i = 0; i < batch.Count; i++)
                loss -= Math.Log(Math.Clamp(scores[i * data.ClassNames.Count + batch.Classes[i]], Losses.Epsilon, 1 - Losses.Epsilon));
            seen?.Invoke(matrix.Total);
        }
        return (matrix, loss / matrix.Total);
    }

    /// <summary>What the last layer but one says of pictures: f32 (n, features).</summary>
    /// <param name="pictures">Bytes (n, height, width, channels) of <see cref="ImageShape"/>.</param>
    /// <param name="cancellation">Stops between parts.</param>
    public HostTensor Features(HostTensor pictures, CancellationToken cancellation = default)
    {
        HostTensor? all = null;
        for (var start = 0; start < pictures.Shape[0]; start += Part)
        {
            cancellation.ThrowIfCancellationRequested();
            var some = _features.Run(pictures.Rows(start, Math.Min(Part, pictures.Shape[0] - start)))[0];
            all ??= new(some.Type with { Shape = some.Shape.With(0, pictures.Shape[0]) });
            all.PutRows(start, some);
        }
        return all ?? throw new DataException("There are no pictures.");
    }

    /// <summary>The likeliest class of each picture.</summary>
    /// <inheritdoc cref="Features"/>
    public IReadOnlyList<int> Labels(HostTensor pictures, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var (scores, classes) = (_trainer.Predict(pictures, Part), ClassNames.Count);
        return [.. Enumerable.Range(0, pictures.Shape[0]).Select(i => TopK.Of(scores.Span<float>().Slice(i * classes, classes), 1)[0].Class)];
    }

    /// <summary>The probabilities of a picture's classes, largest first.</summary>
    /// <param name="picture">A picture of any size and colours; it is resized to the nearest pixels.</param>
    /// <param name="count">How many classes at most.</param>
    public IReadOnlyList<(string Label, float Probability)> Predict(PixelImage picture, int count)
    {
        if (Design.InputRank != 3) throw new DataException($"{Path}: a classifier of clips, not of pictures.");
        return Predict((ImageShape[2] == 1 ? picture.ToGrey() : picture.ToRgb()).ResizeNearest(ImageShape[0], ImageShape[1]).Pixels, count);
    }

    /// <summary>The probabilities of the classes of one picture or clip, largest first.</summary>
    /// <param name="example">Bytes of <see cref="ImageShape"/>.</param>
    /// <param name="count">How many classes at most.</param>
    public IReadOnlyList<(string Label, float Probability)> Predict(ReadOnlySpan<byte> example, int count)
    {
        var pixels = new HostTensor(new(DType.U8, new Shape([1, .. ImageShape.Extents])));
        example.CopyTo(pixels.Span<byte>());
        return [.. TopK.Of(_trainer.Predict(pixels).Span<float>(), count).Select(t => (ClassNames[t.Class], t.Score))];
    }
}
