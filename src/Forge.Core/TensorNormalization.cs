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

    /// <summary>Elements dropped at random, the others scaled up: see <see cref="DropoutOp"/>. Each call draws a stream of its own.</summary>
    /// <param name="rate">The share that is dropped, at least 0 and less than 1.</param>
    public Tensor Dropout(float rate) => rate == 0 ? this : new DropoutOp(rate, Graph.NextStream()).On([this, .. GraphRandom.KeyOf(Graph)]);
}
