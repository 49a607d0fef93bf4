using Forge.Core;

namespace Forge.Models.Training;

/// <summary>A quality of predictions that adds up over examples and is computed on the device as part of a step.</summary>
/// <param name="Name">What logs call it.</param>
/// <param name="Sum">From target and prediction, the sum over the batch's examples, f32 (); shown divided by their number.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BatchMetric(string Name, Func<Tensor, Tensor, Tensor> Sum)
{
    /// <summary>Whether the largest prediction (the first of equals) is where the largest target is; targets one-hot (n, classes).</summary>
    public static BatchMetric Accuracy { get; } = new("accuracy", (target, prediction) => Count(prediction.ArgMax().Equal(target.ArgMax())));

    /// <summary>Whether the largest prediction is at the target's index; targets u32 (n).</summary>
    public static BatchMetric SparseAccuracy { get; } = new("accuracy", (target, prediction) => Count(prediction.ArgMax().Equal(target)));

    /// <summary>Whether prediction and target (0 or 1) lie on the same side of one half, a mean over each example's elements.</summary>
    public static BatchMetric BinaryAccuracy { get; } = new("binary_accuracy", (target, prediction) =>
        Count(prediction.Greater(0.5f).Equal(target.Greater(0.5f))) * (target.Shape[0] / (float)target.Shape.Count));

    /// <summary>Whether fewer than k classes are predicted as likelier than the right one; targets one-hot (n, classes).</summary>
    public static BatchMetric TopK(int k = 5) => new($"top_{k}_accuracy", (target, prediction) =>
    {
        var right = (prediction * target).Sum([-1], keepDims: true);
        return Count(prediction.Greater(right).Cast(DType.F32).Sum([-1]).Less(k));
    });

    private static Tensor Count(Tensor mask) => mask.Cast(DType.F32).Sum();
}
