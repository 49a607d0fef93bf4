using Forge.Core.Ops;

namespace Forge.Core.Reference;

/// <summary>Compares an op's VJP with central differences of its fp64 reference, along a random direction.</summary>
public static class GradientCheck
{
    /// <summary>The largest gap of a right VJP whose inputs are away from kinks.</summary>
    public const double Tolerance = 1e-6;

    private const double Step = 1e-4;

    /// <summary>How far ⟨u, J v⟩ by differences is from ⟨Jᵀ u, v⟩ by the VJP, relative to |u||J v| + |Jᵀ u||v|; u and v are random.</summary>
    /// <param name="sampled">The op and its inputs; the f32 ones are moved.</param>
    /// <param name="seed">Decides u and v.</param>
    /// <returns>The gap; null where no f32 input or no f32 output is there to differentiate.</returns>
    public static double? Gap(OpCase sampled, ulong seed = 1)
    {
        var (graph, values, random) = (new Graph(), new List<ReferenceTensor>(), new SplitMix(seed));
        Tensor Argument(ReferenceTensor value)
        {
            values.Add(value);
            return graph.Add(new InputOp(values.Count - 1, value.Type)).Outputs[0];
        }
        ReferenceTensor Random(TensorType type)
        {
            var tensor = new ReferenceTensor(type);
            foreach (ref var x in tensor.Elements.AsSpan()) x = 2 * random.NextUnit() - 1;
            return tensor;
        }
        Tensor[] inputs = [.. sampled.Inputs.Select(Argument)];
        int[] moved = [.. Enumerable.Range(0, inputs.Length).Where(i => inputs[i].DType == DType.F32 && inputs[i].Type.Count > 0)];
        Tensor[] outputs = [.. graph.Add(sampled.Op, inputs).Outputs.Where(y => y.DType == DType.F32 && y.Type.Count > 0)];
        if (moved.Length == 0 || outputs.Length == 0)
            return null;
        var directions = moved.ToDictionary(i => i, i => Random(inputs[i].Type));
        Tensor[] cotangents = [.. outputs.Select(y => Argument(Random(y.Type)))];
        var weighted = outputs.Zip(cotangents, (y, u) => (y * u).Sum()).Aggregate((a, b) => a + b);
        var gradients = GraphEvaluator.Evaluate(Grad.Of(weighted, [.. moved.Select(i => inputs[i])]), leaf => values[((InputOp)leaf).Position]);

        IReadOnlyList<ReferenceTensor> At(double step) => GraphEvaluator.Evaluate(outputs, leaf => Moved(((InputOp)leaf).Position, step));
        ReferenceTensor Moved(int position, double step)
        {
            if (!directions.TryGetValue(position, out var direction)) return values[position];
            var there = new ReferenceTensor(direction.Type);
            for (var k = 0; k < there.Elements.Length; k++) there[k] = values[position][k] + step * direction[k];
            return there;
        }
        double[] slopes = [.. At(Step).Zip(At(-Step), (p, m) => p.Elements.Zip(m.Elements, (a, b) => (a - b) / (2 * Step))).SelectMany(d => d)];
        double[] u = [.. cotangents.SelectMany(c => values[((InputOp)c.Node.Op).Position].Elements)];
        double[] v = [.. moved.SelectMany(i => directions[i].Elements)], backward = [.. gradients.SelectMany(g => g.Elements)];
        // Below this much nothing is told apart from the differences' own rounding.
        return Math.Abs(Dot(u, slopes) - Dot(backward, v)) / (Norm(u) * Norm(slopes) + Norm(backward) * Norm(v) + 1e-6);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
