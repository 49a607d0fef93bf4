using Forge.Core.Ops;

namespace Forge.Core;

// Normalisation and dropout.
public sealed partial class Tensor
{
    /// <summary>Each channel normalised by its own mean and variance over the batch: see <see cref="BatchNormalizationOp"/>.</summary>
    /// <param name="gamma">What is multiplied, (C).</param>
    /// <param name="beta">What is added, (C).</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>The normalised value, and the batch's mean and biased variance, to keep running averages of.</returns>
    public (Tensor Y, Tensor Mean, Tensor Variance) BatchNormalization(Tensor gamma, Tensor beta, float epsilon = 1e-3f)
    {
        var outputs = Graph.Add(new BatchNormalizationOp(epsilon), this, gamma, beta).Outputs;
        return (outputs[0], outputs[1], outputs[2]);
    }

    /// <summary>Each channel normalised by given statistics, as for inference: gamma · (x − mean) / √(variance + epsilon) + beta.</summary>
    /// <param name="gamma">What is multiplied, (C).</param>
    /// <param name="beta">What is added, (C).</param>
    /// <param name="mean">The mean of each channel, (C).</param>
    /// <param name="variance">The variance of each channel, (C).</param>
    /// <param name="epsilon">Added to the variance.</param>
    public Tensor Normalize(Tensor gamma, Tensor beta, Tensor mean, Tensor variance, float epsilon = 1e-3f)
    {
        var scale = gamma * (variance + epsilon).Rsqrt();
        return this * scale + (beta - mean * scale);
    }

    /// <summary>Mean 0 and variance 1 over some axes, for each index of the others apart, then gamma and beta: y = gamma · (x − mean) / √(variance + epsilon) + beta.</summary>
    /// <param name="axes">What is averaged over; negative ones count from the end.</param>
    /// <param name="gamma">What is multiplied, of a shape that stretches to this one; null for 1.</param>
    /// <param name="beta">What is added, likewise; null for 0.</param>
    /// <param name="epsilon">Added to the variance, which is biased; more than 0. Keras: 1e-3, PyTorch: 1e-5.</param>
    /// <exception cref="ShapeException">There are no axes or no elements, or epsilon is not more than 0.</exception>
    public Tensor LayerNormalization(ReadOnlySpan<int> axes, Tensor? gamma = null, Tensor? beta = null, float epsilon = 1e-3f) => axes.Length > 0
        ? new Standardization(AxesOf(axes)).Of(this, gamma, beta, epsilon)
        : throw new ShapeException($"LayerNormalization of {this} needs an axis to average over. Name one at least, such as -1.");

    /// <summary>Channels in groups, each group with mean 0 and variance 1 for each example apart, then gamma and beta.</summary>
    /// <param name="groups">How many groups of neighbouring channels; as many as channels for instance normalisation, 1 for layer normalisation of whole examples.</param>
    /// <param name="gamma">What is multiplied, (C) or a shape that stretches to this one; null for 1.</param>
    /// <param name="beta">What is added, likewise; null for 0.</param>
    /// <param name="axis">The channels; not 0, which is the batch.</param>
    /// <param name="epsilon">Added to the variance, which is biased; more than 0. Keras: 1e-3, PyTorch: 1e-5.</param>
    /// <exception cref="ShapeException">The channels do not divide into the groups, the axis is the batch's, there are no elements, or epsilon is not more than 0.</exception>
    public Tensor GroupNormalization(int groups, Tensor? gamma = null, Tensor? beta = null, int axis = -1, float epsilon = 1e-3f)
    {
        var own = Shape.Axis(axis);
        if (own == 0) throw new ShapeException($"GroupNormalization of {this}: axis {axis} is the batch. Name the axis of the channels.");
        if (groups < 1 || Shape[own] % groups != 0)
            throw new ShapeException($"GroupNormalization of {this}: {Shape[own]} channels do not divide into {groups} groups. Use a divisor of {Shape[own]}.");
        (gamma, beta) = (OfChannels(gamma, own), OfChannels(beta, own));
        ValueList<int> others = [.. Enumerable.Range(1, Shape.Rank - 1).Where(a => a != own)];
        if (groups == 1) return new Standardization([.. Enumerable.Range(1, Shape.Rank - 1)]).Of(this, gamma, beta, epsilon);
        return (groups == Shape[own] && others.Count > 0 ? new Standardization(others) : new(others, own, groups)).Of(this, gamma, beta, epsilon);
    }

    // (C) as a shape that stretches along the channels' axis.
    private Tensor? OfChannels(Tensor? weights, int axis) => weights is { Shape.Rank: 1 } ? weights.Reshape(new Shape([weights.Shape[0], .. Enumerable.Repeat(1, Shape.Rank - 1 - axis)])) : weights;

    /// <summary>Elements dropped at random, the others scaled up: see <see cref="DropoutOp"/>. Each call draws a stream of its own.</summary>
    /// <param name="rate">The share that is dropped, at least 0 and less than 1.</param>
    public Tensor Dropout(float rate) => rate == 0 ? this : new DropoutOp(rate, Graph.NextStream()).On([this, .. GraphRandom.KeyOf(Graph)]);
}
