using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>How a reduction combines elements.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Reduction
{
    /// <summary>Σ x.</summary>
    Sum,
    /// <summary>Σ x / number of elements.</summary>
    Mean,
    /// <summary>max x; a NaN wins.</summary>
    Max,
    /// <summary>min x; a NaN wins.</summary>
    Min,
    /// <summary>Σ x².</summary>
    SumSquares,
}

/// <summary>Combines the elements along some axes into one.</summary>
/// <param name="Kind">How.</param>
/// <param name="Axes">Along which axes: ascending, from 0, each once. None leaves every element on its own.</param>
/// <param name="KeepDims">Whether reduced axes stay, with extent 1; else they go.</param>
/// <remarks>
/// <para>x f32 of any rank → y f32. Nothing summed gives 0, the mean of nothing NaN.</para>
/// <para>The gradient of max and min is shared evenly among the elements that attain it, as PyTorch's amax does; a NaN gets none.</para>
/// </remarks>
/// <exception cref="ShapeException">An axis does not exist or is named twice; the maximum or minimum of nothing.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ReduceOp(Reduction Kind, ValueList<int> Axes, bool KeepDims) : Op, ISampled
{
    public override string Name => Kind.ToString();

    /// <summary>The shape with every reduced axis kept, with extent 1.</summary>
    public static Shape Kept(Shape x, IReadOnlyList<int> axes) => new([.. x.Select((extent, axis) => axes.Contains(axis) ? 1 : extent)]);

    /// <summary>The shape of the result.</summary>
    public static Shape Reduced(Shape x, IReadOnlyList<int> axes, bool keepDims) =>
        keepDims ? Kept(x, axes) : new([.. x.Where((_, axis) => !axes.Contains(axis))]);

    /// <summary>Throws unless the axes of the first input are ascending, from 0, each once.</summary>
    internal static void CheckAxes(Op op, IReadOnlyList<TensorType> inputs, ValueList<int> axes)
    {
        var x = inputs[0].Shape;
        for (var i = 0; i < axes.Count; i++)
            if (axes[i] < 0 || axes[i] >= x.Rank || (i > 0 && axes[i] <= axes[i - 1]))
                throw new ShapeException(op, inputs, $"axes {axes} are not ascending axes of {x}", $"Name each of 0..{x.Rank - 1} at most once.");
    }

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBe(DType.F32, name: "x").Shape;
        CheckAxes(this, inputs, Axes);
        var y = Reduced(x, Axes, KeepDims);
        if (Kind is Reduction.Max or Reduction.Min && x.Count == 0 && y.Count > 0)
            throw new ShapeException(this, inputs, $"{x} has nothing to choose from along {Axes}", "Reduce axes that have elements.");
        return [new(DType.F32, y)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var into = new BroadcastIndex(Kept(x.Shape, Axes), x.Shape);
        if (Kind is Reduction.Max or Reduction.Min) Array.Fill(y.Elements, Kind == Reduction.Max ? double.NegativeInfinity : double.PositiveInfinity);
        for (var i = 0; i < x.Elements.Length; i++)
        {
            ref var sofar = ref y[into.At(i)];
            sofar = Kind switch
            {
                Reduction.SumSquares => sofar + x[i] * x[i],
                Reduction.Max => Math.Max(sofar, x[i]), // Math.Max and Min propagate NaN
                Reduction.Min => Math.Min(sofar, x[i]),
                _ => sofar + x[i],
            };
        }
        if (Kind != Reduction.Mean) return;
        foreach (ref var value in y.Elements.AsSpan()) value /= (double)x.Elements.Length / y.Elements.Length;
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var x = node.Inputs[0];
        var kept = Kept(x.Shape, Axes);
        var dy = cotangents[0].Reshape(kept);
        switch (Kind)
        {
            case Reduction.Sum: return [dy.BroadcastTo(x.Shape)];
            case Reduction.Mean: return [(dy * ((float)kept.Count / x.Shape.Count)).BroadcastTo(x.Shape)];
            case Reduction.SumSquares: return [x * (dy * 2f)];
            default:
                var winners = x.Equal(node.Outputs[0].Reshape(kept));
                return [winners.Select(dy / new ReduceOp(Reduction.Sum, Axes, KeepDims: true).On(winners.Cast(DType.F32)), 0f)];
        }
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(inputs[0].Count * (Kind == Reduction.SumSquares ? 2.0 : 1.0), inputs[0].Bytes + outputs[0].Bytes);

    // Distinct values: a small change does not make another element the largest.
    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(0, 4), high: draw.Bool() ? 7 : 13);
        var kind = draw.OneOf(Reduction.Sum, Reduction.Mean, Reduction.Max, Reduction.Min, Reduction.SumSquares);
        return new(new ReduceOp(kind, Sampling.Axes(draw, x), draw.Bool()), draw.Distinct(x));
    }
}
