using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Datasets;
using Forge.Models.Optimizers;

namespace Forge.Models.Training;

/// <summary>A model with what is needed to train it on an engine: optimizer, loss and metrics.</summary>
/// <remarks>
/// Steps are traced once for each batch shape (the last batch of a pass may be smaller) and replayed. Images that arrive as bytes are cast
/// and multiplied by the input scale on the device. The first step takes the model's trainable parameters over from the optimizer that trained
/// them before: weights stay, the new optimizer's state starts fresh. Disposing it frees its steps; the weights stay in the engine. An
/// engine frees the steps of the trainers that are left.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed partial class Trainer : IDisposable
{
    private readonly LossFunction _loss;
    private readonly IReadOnlyList<BatchMetric> _metrics;
    private readonly CompiledFunction _predict;
    private readonly Dictionary<(bool Training, AffineWarpOp? Warp), CompiledFunction> _steps = [];
    private bool _tookOver, _disposed;

    /// <summary>Prepares the steps; nothing is traced yet.</summary>
    /// <param name="engine">What runs them; outlives the trainer.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="optimizer">How.</param>
    /// <param name="loss">What is made small; the model's penalties are added.</param>
    /// <param name="metrics">What else is shown; computed in the same step.</param>
    /// <param name="inputScale">Multiplies inputs that arrive as bytes.</param>
    /// <param name="precision">In which type products multiply, in training, evaluation and prediction; the engine's when left out.</param>
    public Trainer(Engine engine, Model model, Optimizer optimizer, LossFunction loss, IReadOnlyList<BatchMetric>? metrics = null, float inputScale = 1 / 255f, Precision? precision = null)
    {
        (Engine, Model, Optimizer, _loss, _metrics, InputScale, Precision) = (engine, model, optimizer, loss, metrics ?? [], inputScale, precision ?? engine.Options.Precision);
        _predict = engine.Compile(x => model.Call(Scaled(x)), Precision);
    }

    /// <summary>What runs the steps.</summary>
    public Engine Engine { get; }

    /// <summary>What is trained.</summary>
    public Model Model { get; }

    /// <summary>What changes the weights.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>In which type products multiply.</summary>
    public Precision Precision { get; }

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
    public double TrainOnBatch(HostTensor x, HostTensor y, RunningMeans? into = null) => Run(training: true, null, into, x, y);

    /// <summary>Runs one training step on a batch of a data set, warping its images on the device where the data set says so.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="into">Where its loss and metrics are added.</param>
    /// <returns>The batch's mean loss, penalties included.</returns>
    /// <exception cref="DivergedException">Loss or gradients are not finite; nothing was changed.</exception>
    public double TrainOnBatch(Batch batch, RunningMeans? into = null) => Run(training: true, batch, into);

    /// <summary>Loss and metrics over every image once, without changing anything.</summary>
    /// <param name="data">The data; its position afterwards is at the start of a pass.</param>
    /// <param name="steps">How many batches; a whole pass when left out.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public Evaluation Evaluate(IBatches data, int? steps = null, CancellationToken cancellation = default)
    {
        var means = new RunningMeans(Names);
        foreach (var batch in steps is { } count ? data.Steps(count, cancellation) : data.OnePass(cancellation))
            Run(training: false, batch, means);
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
    /// <param name="batchSize">Examples a step, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    /// <exception cref="DataException">There are no inputs.</exception>
    public HostTensor Predict(HostTensor x, int batchSize = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        HostTensor? all = null;
        for (var start = 0; start < x.Shape[0]; start += batchSize)
        {
            var part = _predict.Run(x.Rows(start, Math.Min(batchSize, x.Shape[0] - start)))[0];
            all ??= new(part.Type with { Shape = part.Shape.With(0, x.Shape[0]) });
            all.PutRows(start, part);
        }
        return all ?? throw new DataException("There is nothing to predict: the input has no rows.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _predict.Dispose();
        foreach (var step in _steps.Values) step.Dispose();
        _steps.Clear();
    }

    private double Run(bool training, Batch batch, RunningMeans? into) => batch.Matrices is { } matrices
        ? Run(training, batch.Warp, into, batch.Images, batch.Labels, matrices)
        : Run(training, null, into, batch.Images, batch.Labels);

    private double Run(bool training, AffineWarpOp? warp, RunningMeans? into, params IReadOnlyList<HostTensor> arguments)
    {
        var results = StepOf(training, warp).Run(arguments);
        var sums = new double[_metrics.Count];
        for (var i = 0; i < sums.Length; i++) sums[i] = results[i + 1].Scalar();
        into?.Add(arguments[0].Shape[0], results.Scalar(), sums);
        return results.Scalar();
    }

    // Arguments: inputs, targets and, with a warp, its matrices.
    private CompiledFunction StepOf(bool training, AffineWarpOp? warp)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_steps.TryGetValue((training, warp), out var step))
            _steps[(training, warp)] = step = Engine.Compile(warp is null ? 2 : 3, a => Step(warp is null ? Scaled(a[0]) : warp.On(a[0], a[2]), a[1], training), Precision);
        return step;
    }

    private IReadOnlyList<Tensor> Step(Tensor x, Tensor target, bool training)
    {
        var prediction = Model.Call(x, training);
        var loss = Model.Penalties().Aggregate(_loss(target, prediction), (sum, penalty) => sum + penalty).Named("loss");
        if (training)
        {
            TakeOver();
            Optimizer.Minimize(loss, Model.Parameters);
        }
        return [loss, .. _metrics.Select(m => m.Sum(target, prediction))];
    }

    // Once: a trainer whose parameters another one takes over afterwards must not take them back unnoticed.
    internal void TakeOver()
    {
        if (_tookOver) return;
        _tookOver = true;
        Optimizer.TakeOver(Model.Parameters);
    }

    private Tensor Scaled(Tensor x) => x.DType == DType.U8 ? x.Cast(DType.F32) * InputScale : x;
}
