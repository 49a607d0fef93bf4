using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Layers;

/// <summary>
/// Makes every channel (last axis) have mean beta and deviation gamma: over the batch while training, by running statistics otherwise.
/// </summary>
/// <remarks>
/// x (n, ..., C) → y of that shape. Running statistics move by s ← momentum·s + (1 − momentum)·batch. Frozen
/// (<see cref="Layer.Trainable"/> false), it uses the running statistics in training too, as Keras does.
/// Keras keeps the biased variance; in the PyTorch form the running variance is the unbiased one.
/// </remarks>
/// <param name="momentum">What is kept of a running statistic; 0.99 (PyTorch form: 0.9) when left out.</param>
/// <param name="epsilon">Added to the variance; 1e-3 (PyTorch form: 1e-5) when left out.</param>
/// <param name="center">Whether a beta is learned.</param>
/// <param name="scale">Whether a gamma is learned.</param>
/// <param name="form">Whose formulas.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class BatchNormalization(float? momentum = null, float? epsilon = null, bool center = true, bool scale = true, UpdateForm form = UpdateForm.Keras, string? name = null)
    : ShapePreservingLayer(name)
{
    private readonly float _momentum = momentum ?? (form == UpdateForm.Keras ? 0.99f : 0.9f);
    private readonly float _epsilon = epsilon ?? (form == UpdateForm.Keras ? 1e-3f : 1e-5f);
    private Parameter? _gamma, _beta, _mean, _variance;

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        var channels = new Shape(inputs[0][-1]);
        var fans = Fans.Of(channels);
        if (scale) _gamma = AddWeight("gamma", channels, Initializer.Ones, fans);
        if (center) _beta = AddWeight("beta", channels, Initializer.Zeros, fans);
        _mean = AddWeight("moving_mean", channels, Initializer.Zeros, fans, learned: false);
        _variance = AddWeight("moving_variance", channels, Initializer.Ones, fans, learned: false);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var type = new TensorType(DType.F32, new Shape(x.Shape[-1]));
        Tensor gamma = _gamma is null ? x.Graph.Full(type, 1) : _gamma, beta = _beta is null ? x.Graph.Full(type, 0) : _beta;
        if (!training || !Trainable)
            return (x - _mean!) * ((Tensor)_variance! + _epsilon).Rsqrt() * gamma + beta;
        var (y, mean, variance) = x.BatchNormalization(gamma, beta, _epsilon);
        var count = x.Shape.Count / x.Shape[-1];
        if (form == UpdateForm.PyTorch && count > 1) variance *= count / (count - 1f);
        Move(_mean!, mean);
        Move(_variance!, variance);
        return y;
    }

    // A layer called twice in a step moves its statistics twice.
    private void Move(Parameter statistic, Tensor batch) =>
        batch.Graph.Assign(statistic, batch.Graph.Read(statistic, latest: true) * _momentum + batch.StopGradient() * (1 - _momentum));
}
