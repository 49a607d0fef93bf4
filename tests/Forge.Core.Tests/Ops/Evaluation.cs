using Forge.Core.Reference;

namespace Forge.Core.Tests.Ops;

/// <summary>Runs single ops in fp64, without a graph.</summary>
internal static class Evaluation
{
    public static IReadOnlyList<ReferenceTensor> Run(Op op, params IReadOnlyList<ReferenceTensor> inputs)
    {
        IReadOnlyList<ReferenceTensor> outputs = [.. op.Infer([.. inputs.Select(x => x.Type)]).Select(t => new ReferenceTensor(t))];
        op.Reference(inputs, outputs);
        return outputs;
    }

    public static ReferenceTensor Values(Shape shape, params ReadOnlySpan<double> values)
    {
        var tensor = new ReferenceTensor(new(DType.F32, shape));
        values.CopyTo(tensor.Elements);
        return tensor;
    }

    /// <summary>1, 2, 3, ….</summary>
    public static ReferenceTensor Counting(Shape shape) => Values(shape, [.. Enumerable.Range(1, shape.Count).Select(i => (double)i)]);

    public static double Dot(ReferenceTensor a, ReferenceTensor b) => a.Elements.Zip(b.Elements, (x, y) => x * y).Sum();

    public static double Norm(ReferenceTensor a) => Math.Sqrt(Dot(a, a));

    /// <summary>Whether two inner products are equal but for rounding, which is relative to the norms of what was multiplied.</summary>
    public static void AreEqual(double expected, double actual, double scale) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-9 * scale, $"{expected:R} and {actual:R} differ by more than 1e-9 of {scale}");

    /// <summary>The message of the error that a graph raises for an op on inputs of these shapes, all f32.</summary>
    public static string Refusal(Op op, params Shape[] shapes)
    {
        var graph = new Graph();
        var inputs = shapes.Select((s, i) => graph.Add(new Core.Ops.InputOp(i, new(DType.F32, s))).Outputs[0]).ToArray();
        return Assert.Throws<ShapeException>(() => graph.Add(op, inputs)).Message;
    }
}
