using Forge.Core.Ops;

namespace Forge.Core;

/// <summary>Mean 0 and variance 1 over some elements of each example, then a factor and a term: what layer, group and instance normalisation share.</summary>
/// <param name="View">The tensor's shape, with the channels' axis as two, (groups, channels of one), where it is split.</param>
/// <param name="Axes">The axes of the view that are averaged over.</param>
/// <param name="Split">The axis of the tensor that is two in the view; null where none is.</param>
/// <remarks>
/// A composition, with a gradient in closed form: elementwise chains and reductions have kernels for every kind of device, and a chain that only
/// a reduction reads never reaches memory. So that each is read by one alone, the parts of the gradient begin from values of their own.
/// </remarks>
internal sealed record Standardization(Shape View, ValueList<int> Axes, int? Split = null)
{
    /// <summary>The normalised tensor.</summary>
    /// <param name="x">f32, as many elements as the view.</param>
    /// <param name="gamma">What is multiplied, of a shape that stretches to x; null for 1.</param>
    /// <param name="beta">What is added, likewise; null for 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public Tensor Of(Tensor x, Tensor? gamma, Tensor? beta, float epsilon)
    {
        if (!(epsilon > 0)) throw new ShapeException($"Normalising {x}: epsilon {epsilon} must be more than 0.");
        if (x.Shape.Count == 0) throw new ShapeException($"Normalising {x}: there is nothing to take a mean of. Give at least one element.");
        Tensor[] inputs = [x, .. new[] { gamma, beta }.OfType<Tensor>()];
        var (mean, scale) = Statistics(x, epsilon);
        return Tensor.CustomGradient(_ => Forward(x, mean, scale, gamma, beta), dy => Backward(x, mean, scale, gamma, beta, dy), inputs);
    }

    // mean - x here and x - mean in the result: one node for both would have to be stored.
    private (Tensor Mean, Tensor Scale) Statistics(Tensor x, float epsilon)
    {
        var elements = x.Reshape(View);
        var mean = Average(elements);
        return (mean, (Average((mean - elements).Square()) + epsilon).Rsqrt());
    }

    private Tensor Forward(Tensor x, Tensor mean, Tensor scale, Tensor? gamma, Tensor? beta)
    {
        var y = (x - Spread(mean)) * Spread(scale);
        if (gamma is not null) y *= gamma;
        return beta is null ? y : y + beta;
    }

    // With z = (x - mean) scale and g = dy gamma: dx = scale (g - average g - z average(g z)), dgamma = sum dy z, dbeta = sum dy.
    private IReadOnlyList<Tensor?> Backward(Tensor x, Tensor mean, Tensor scale, Tensor? gamma, Tensor? beta, Tensor dy)
    {
        var (first, second) = (Average(Flow(Apart().Dy)), Along(Apart()));
        var (own, flow) = Apart();
        var dx = Spread(scale) * (Weighted(flow) - Spread(first) - (own - Spread(mean)) * Spread(second * scale.Square()));
        var back = new List<Tensor?> { dx };
        if (gamma is not null)
        {
            var (values, flows) = Apart();
            back.Add((flows * ((values - Spread(mean)) * Spread(scale))).SumTo(gamma.Shape));
        }
        if (beta is not null) back.Add(dy.SumTo(beta.Shape));
        return back;

        (Tensor X, Tensor Dy) Apart() => RecomputedOp.Of([x, dy], []) is var values ? (values[0], values[1]) : default;
        Tensor Weighted(Tensor cotangent) => gamma is null ? cotangent : cotangent * gamma;
        Tensor Flow(Tensor cotangent) => gamma is null ? cotangent.Reshape(View) : cotangent.Reshape(View) * InView(gamma);
        Tensor Along((Tensor X, Tensor Dy) values) => Average(Flow(values.Dy) * (values.X.Reshape(View) - mean));
    }

    private Tensor Average(Tensor elements) => elements.Mean([.. Axes], keepDims: true);

    // One statistic of a group for each of its channels: small, and what reads it keeps the tensor's own shape.
    private Tensor Spread(Tensor statistic)
    {
        if (Split is not { } axis) return statistic;
        var each = statistic.BroadcastTo(statistic.Shape.With(axis + 1, View[axis + 1]));
        return each.Reshape(new Shape([.. each.Shape.Take(axis), View[axis] * View[axis + 1], .. each.Shape.Skip(axis + 2)]));
    }

    private Tensor InView(Tensor weights)
    {
        if (Split is not { } axis) return weights;
        int[] extents = [.. Enumerable.Repeat(1, View.Rank - 1 - weights.Shape.Rank), .. weights.Shape];
        return weights.Reshape(new Shape([.. extents.Take(axis), View[axis], View[axis + 1], .. extents.Skip(axis + 1)]));
    }
}
