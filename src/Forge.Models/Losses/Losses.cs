using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models;

/// <summary>What training makes small: a scalar from what is wanted and what the model gives.</summary>
/// <param name="target">What is wanted.</param>
/// <param name="prediction">What the model gives.</param>
/// <returns>f32 ().</returns>
/// <threadsafety>Called on the thread that traces.</threadsafety>
public delegate Tensor LossFunction(Tensor target, Tensor prediction);

/// <summary>Keras's losses, as means over the batch (and, where a loss is of every element, over those).</summary>
/// <remarks>
/// Probabilities that come straight from a softmax or sigmoid are not read: the loss is computed from the logits before it, which is exact
/// where a probability would round to 0 or 1. Each throws <see cref="ShapeException"/> when target and prediction do not fit.
/// </remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Losses
{
    /// <summary>Probabilities are kept this far from 0 and 1 before their logarithm is taken (Keras's epsilon).</summary>
    public const float Epsilon = 1e-7f;

    /// <summary>−mean over rows of Σ target · log(probability), rows renormalised and clipped to [1e-7, 1 − 1e-7].</summary>
    /// <param name="target">One-hot or probabilities, f32 (n, ..., classes).</param>
    /// <param name="prediction">Probabilities of that shape.</param>
    public static Tensor CategoricalCrossentropy(Tensor target, Tensor prediction)
    {
        MustMatch(target, prediction);
        if (LogitsOfSoftmax(prediction) is { } logits) return CategoricalCrossentropyOfLogits(target, logits);
        return -(target * LogOfProbabilities(prediction)).Sum([-1]).Mean();
    }

    /// <summary>The same from logits: −mean over rows of Σ target · log softmax(logits).</summary>
    /// <param name="target">One-hot or probabilities, f32 (n, ..., classes).</param>
    /// <param name="logits">f32 of that shape.</param>
    public static Tensor CategoricalCrossentropyOfLogits(Tensor target, Tensor logits)
    {
        MustMatch(target, logits);
        return logits.SoftmaxCrossEntropy(target).Mean();
    }

    /// <summary>−mean over rows of log(probability of the class wanted).</summary>
    /// <param name="target">Class indexes, u32 (n, ...).</param>
    /// <param name="prediction">Probabilities, f32 (n, ..., classes).</param>
    public static Tensor SparseCategoricalCrossentropy(Tensor target, Tensor prediction)
    {
        MustIndex(target, prediction);
        if (LogitsOfSoftmax(prediction) is { } logits) return SparseCategoricalCrossentropyOfLogits(target, logits);
        return -(target.OneHot(prediction.Shape[-1]) * LogOfProbabilities(prediction)).Sum([-1]).Mean();
    }

    /// <summary>The same from logits.</summary>
    /// <param name="target">Class indexes, u32 (n, ...).</param>
    /// <param name="logits">f32 (n, ..., classes).</param>
    public static Tensor SparseCategoricalCrossentropyOfLogits(Tensor target, Tensor logits)
    {
        MustIndex(target, logits);
        return logits.SparseSoftmaxCrossEntropy(target).Mean();
    }

    /// <summary>−mean of target · log p + (1 − target) · log(1 − p), p clipped to [1e-7, 1 − 1e-7].</summary>
    /// <param name="target">0, 1 or between, f32.</param>
    /// <param name="prediction">Probabilities of that shape.</param>
    public static Tensor BinaryCrossentropy(Tensor target, Tensor prediction)
    {
        MustMatch(target, prediction);
        if (prediction.Node.Op is SigmoidOp) return BinaryCrossentropyOfLogits(target, prediction.Node.Inputs[0]);
        var p = prediction.Clip(Epsilon, 1 - Epsilon);
        return -(target * p.Log() + (1 - target) * (1 - p).Log()).Mean();
    }

    /// <summary>The same from logits: mean of softplus(z) − target · z.</summary>
    /// <param name="target">0, 1 or between, f32.</param>
    /// <param name="logits">f32 of that shape.</param>
    public static Tensor BinaryCrossentropyOfLogits(Tensor target, Tensor logits)
    {
        MustMatch(target, logits);
        return (logits.Softplus() - target * logits).Mean();
    }

    /// <summary>The mean of (prediction − target)².</summary>
    public static Tensor MeanSquaredError(Tensor target, Tensor prediction)
    {
        MustMatch(target, prediction);
        return (prediction - target).Square().Mean();
    }

    /// <summary>The mean of |prediction − target|.</summary>
    public static Tensor MeanAbsoluteError(Tensor target, Tensor prediction)
    {
        MustMatch(target, prediction);
        return (prediction - target).Abs().Mean();
    }

    /// <summary>The mean of e²/2 where |e| ≤ 1, else |e| − 1/2, with e = prediction − target.</summary>
    public static Tensor Huber(Tensor target, Tensor prediction) => Huber(target, prediction, 1);

    /// <summary>The mean of e²/2 where |e| ≤ delta, else delta · (|e| − delta/2), with e = prediction − target.</summary>
    /// <param name="target">What is wanted.</param>
    /// <param name="prediction">Of the same shape.</param>
    /// <param name="delta">Where the square becomes a line; above 0.</param>
    public static Tensor Huber(Tensor target, Tensor prediction, float delta)
    {
        MustMatch(target, prediction);
        var distance = (prediction - target).Abs();
        var near = distance.Minimum(delta);
        // near²/2 + delta · (distance − near): the same line beyond delta, without a branch.
        return (near.Square() * 0.5f + (distance - near) * delta).Mean();
    }

    private static Tensor? LogitsOfSoftmax(Tensor prediction) => prediction.Node.Op is SoftmaxOp ? prediction.Node.Inputs[0] : null;

    private static Tensor LogOfProbabilities(Tensor prediction) =>
        (prediction / prediction.Sum([-1], keepDims: true)).Clip(Epsilon, 1 - Epsilon).Log();

    private static void MustMatch(Tensor target, Tensor prediction)
    {
        if (!target.Shape.Equals(prediction.Shape))
            throw new ShapeException($"The target is {target.Type} and the prediction {prediction.Type}: a loss compares equal shapes. Make the last layer as wide as the targets, or use a sparse loss for class indexes.");
    }

    private static void MustIndex(Tensor target, Tensor prediction)
    {
        if (prediction.Shape.Rank != target.Shape.Rank + 1 || !new Shape(prediction.Shape.Extents[..^1]).Equals(target.Shape))
            throw new ShapeException($"The target is {target.Type} and the prediction {prediction.Type}: class indexes have the prediction's shape without its last axis.");
    }
}
