using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Optimizers;

namespace Forge.Models.Training;

/// <summary>A model with what is needed to train it on an engine: optimizer, loss and metrics.</summary>
/// <remarks>
/// Steps are traced once for each batch shape (the last batch of a pass may be smaller) and replayed. Images that arrive as bytes are cast
/// and multiplied by the input scale on the device. Not thread-safe.
/// </remarks>
public sealed partial class Trainer
{
    private readonly LossFunction _loss;
    private readonly IReadOnlyList<BatchMetric> _metrics;
    private readonly CompiledFunction _train, _evaluate, _predict;

    /// <summary>Prepares the steps; nothing is traced yet.</summary>
    /// <param name="engine">What runs them; outlives the trainer.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="optimizer">How.</param>
    /// <param name="loss">What is made small; the model's penalties are added.</param>
    /// <param name="metrics">What else is shown; computed in the same step.</param>
    /// <param name="inputScale">Multiplies inputs that arrive as bytes.</param>
    public Trainer(Engine engine, Model model, Optimizer optimizer, LossFunction loss, IReadOnlyList<BatchMetric>? metrics = null, float inputScale = 1 / 255f)
    {
        (Engine, Model, Optimizer, _loss, _metrics, InputScale) = (engine, model, optimizer, loss, metrics ?? [], inputScale);
        _train = engine.Compile(2, arguments => Step(arguments, training: true));
        _evaluate = engine.Compile(2, arguments => Step(arguments, training: false));
        _predict = engine.Compile(x => model.Call(Scaled(x)));
    }

    /// <summary>What runs the steps.</summary>
    public Engine Engine { get; }

    /// <summary>What is trained.</summary>
    public Model Model { get; }

    /// <summary>What changes the weights.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Multiplies inputs that arrive as bytes.</summary>
    public float InputScale { get; }

    /// <summary>The names of what a step measures: loss, then the metrics.</summary>
    public IReadOnlyList<string> Names => ["loss", .. _metrics.Select(m => m.Name)];

    /// <summary>Runs one training step.</summary>
    /// <param name="x">A batch of inputs (n, ...), f32 or u8.</param>
    /// <param name="y">Its targets.</param>
    /// <param name="into">Where its loss and metrics are added.</param>
    /// <returns>The batch's mean loss, penalties included.</returns>
    /// <exception cref="DivergedException">Loss or gradients are not finite; nothing was changed.</exception>
    public double TrainOnBatch(HostTensor x, HostTensor y, RunningMeans? into = null) => Run(_train, x, y, into);

    /// <summary>Loss and metrics over every image once, without changing anything.</summary>
    /// <param name="data">The data; its position afterwards is at the start of a pass.</param>
    /// <param name="steps">How many batches; a whole pass when left out.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public Evaluation Evaluate(IBatches data, int? steps = null, CancellationToken cancellation = default)
    {
        var means = new RunningMeans(Names);
        foreach (var batch in steps is { } count ? data.Steps(count, cancellation) : data.OnePass(cancellation))
            Run(_evaluate, batch.Images, batch.Labels, means);
        return new(means.Means(), means.Examples);
    }

    /// <summary>Loss and metrics over inputs and targets in memory.</summary>
    /// <param name="x">Inputs (n, ...).</param>
    /// <param name="y">Targets (n, ...).</param>
    /// <param name="batchSize">Examples a step.</param>
    public Evaluation Evaluate(HostTensor x, HostTensor y, int batchSize = 32)
    {
        using var data = new TensorBatches(x, y, batchSize, shuffle: false);
        return Evaluate(data);
    }

    /// <summary>The model's outputs for inputs (n, ...): (n, ...).</summary>
    /// <param name="x">Inputs, f32 or u8.</param>
    /// <param name="batchSize">Examples a step.</param>
    public HostTensor Predict(HostTensor x, int batchSize = 32)
    {
        HostTensor? all = null;
        for (var start = 0; start < x.Shape[0]; start += batchSize)
        {
            var part = _predict.Run(x.Rows(start, Math.Min(batchSize, x.Shape[0] - start)))[0];
            all ??= new(part.Type with { Shape = part.Shape.With(0, x.Shape[0]) });
            all.PutRows(start, part);
        }
        return all ?? throw new DataException("There is nothing to predict: the input has no rows.");
    }

    private double Run(CompiledFunction step, HostTensor x, HostTensor y, RunningMeans? into)
    {
        var results = step.Run(x, y);
        var sums = new double[_metrics.Count];
        for (var i = 0; i < sums.Length; i++) sums[i] = results[i + 1].Scalar();
        into?.Add(x.Shape[0], results.Scalar(), sums);
        return results.Scalar();
    }

    private IReadOnlyList<Tensor> Step(IReadOnlyList<Tensor> arguments, bool training)
    {
        var prediction = Model.Call(Scaled(arguments[0]), training);
        var loss = Model.Penalties().Aggregate(_loss(arguments[1], prediction), (sum, penalty) => sum + penalty).Named("loss");
        if (training) Optimizer.Minimize(loss, Model.Parameters);
        return [loss, .. _metrics.Select(m => m.Sum(arguments[1], prediction))];
    }

    private Tensor Scaled(Tensor x) => x.DType == DType.U8 ? x.Cast(DType.F32) * InputScale : x;
}
