using System.Diagnostics.CodeAnalysis;
using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models;

[SuppressMessage("Design", "CA1001", Justification = "The last trainer is its caller's to dispose, and the engine's at the latest.")]
public partial class Model
{
    private Trainer? _trainer;

    /// <summary>What <see cref="Compile"/> prepared.</summary>
    /// <exception cref="ForgeException">Compile was not called.</exception>
    public Trainer Trainer => _trainer ?? throw new ForgeException($"Model '{Name}' is not compiled. Call Compile(engine, optimizer, loss) first.");

    /// <summary>Says on which engine, how and for what the model is trained; said again, it replaces what was said before.</summary>
    /// <remarks>
    /// Weights stay as they are. A new optimizer starts fresh, and so it is after layers were frozen or thawed; the same one goes on with what
    /// it has. The trainer of the compilation before is disposed.
    /// </remarks>
    /// <param name="engine">What runs the steps; outlives the model's use.</param>
    /// <param name="optimizer">What changes the weights.</param>
    /// <param name="loss">What is made small.</param>
    /// <param name="metrics">What else is shown.</param>
    /// <param name="inputScale">Multiplies inputs that arrive as bytes.</param>
    /// <param name="precision">In which type products multiply, in training, evaluation and prediction; the engine's when left out.</param>
    public Trainer Compile(Engine engine, Optimizer optimizer, LossFunction loss, IReadOnlyList<BatchMetric>? metrics = null, float inputScale = 1 / 255f, Precision? precision = null)
    {
        var trainer = new Trainer(engine, this, optimizer, loss, metrics, inputScale, precision);
        _trainer?.Dispose();
        return _trainer = trainer;
    }

    /// <inheritdoc cref="Trainer.Fit(IBatches, FitOptions?, CancellationToken)"/>
    public FitRun Fit(IBatches data, FitOptions? options = null, CancellationToken cancellation = default) => Trainer.Fit(data, options, cancellation);

    /// <inheritdoc cref="Trainer.Fit(HostTensor, HostTensor, int, FitOptions?, CancellationToken)"/>
    public FitRun Fit(HostTensor x, HostTensor y, int batchSize = 32, FitOptions? options = null, CancellationToken cancellation = default) =>
        Trainer.Fit(x, y, batchSize, options, cancellation);

    /// <inheritdoc cref="Trainer.Evaluate(IBatches, int?, CancellationToken)"/>
    public Evaluation Evaluate(IBatches data, int? steps = null, CancellationToken cancellation = default) => Trainer.Evaluate(data, steps, cancellation);

    /// <inheritdoc cref="Trainer.Evaluate(HostTensor, HostTensor, int)"/>
    public Evaluation Evaluate(HostTensor x, HostTensor y, int batchSize = 32) => Trainer.Evaluate(x, y, batchSize);

    /// <inheritdoc cref="Trainer.Predict(HostTensor, int)"/>
    public HostTensor Predict(HostTensor x, int batchSize = 32) => Trainer.Predict(x, batchSize);

    /// <summary>The model as a table: layers, output shapes, parameters. <see cref="Training.Trainer.Summary"/> adds FLOPs and memory.</summary>
    public string Summary() => ModelSummary.Of(this);
}
