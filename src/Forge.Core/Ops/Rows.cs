using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>A tensor as rows along its last axis, for the references of softmax and its kin.</summary>
internal static class Rows
{
    /// <summary>The type, if it is f32, has rank 1 at least and rows that are not empty.</summary>
    public static TensorType MustBeRows(this TensorType type, Op op, IReadOnlyList<TensorType> inputs, string name = "x")
    {
        type.MustBe(DType.F32, name: name);
        return type.Shape.Rank > 0 && type.Shape[-1] > 0 ? type
            : throw new ShapeException(op, inputs, $"{name} is {type.Shape}; its rows along the last axis have no elements", "Give it a last axis of the classes.");
    }

    /// <summary>The shape without its last axis.</summary>
    public static Shape WithoutLast(this Shape shape) => new(shape.Extents[..^1]);

    /// <summary>The number of rows.</summary>
    public static int Count(ReferenceTensor x) => x.Elements.Length / x.Shape[-1];

    /// <summary>One row.</summary>
    public static ArraySegment<double> Of(ReferenceTensor x, int row) => new(x.Elements, row * x.Shape[-1], x.Shape[-1]);

    /// <summary>A row's maximum m and log Σ e^(x − m): apart, because their sum would lose the second where the first is large. A NaN wins.</summary>
    public static (double Largest, double LogSum) Normalizer(ReadOnlySpan<double> row)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (var x in row) largest = Math.Max(largest, x);
        foreach (var x in row) sum += Math.Exp(x - largest);
        return (largest, Math.Log(sum));
    }
}
