using Forge.Core.Ops;

namespace Forge.Core;

/// <summary>Mean 0 and variance 1 over some elements of each example, then a factor and a term: what layer, group and instance normalisation share.</summary>
/// <param name="Axes">The axes that are averaged over.</param>
/// <param name="Channels">An axis of which neighbours are averaged too, in groups; null where none is.</param>
/// <param name="Groups">How many groups.</param>
/// <remarks>
/// A composition, with a gradient in closed form: elementwise chains and reductions have kernels for every kind of device, and a chain that only
/// a reduction reads never reaches memory. So that each is read by one alone, the parts of the gradient begin from values of their own.
/// </remarks>
internal sealed record Standardization(ValueList<int> Axes, int? Channels = null, int Groups = 1)
{
    /// <summary>The normalised tensor.</summary>
    /// <param name="x">f32.</param>
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
        var mean = Average(x);
        return (mean, (Average((mean - x).Square()) + epsilon).Rsqrt());
    }

    private static Tensor Forward(Tensor x, Tensor mean, Tensor scale, Tensor? gamma, Tensor? beta)
    {
        var y = (x - mean) * scale;
        if (gamma is not null) y *= gamma;
        return beta is null ? y : y + beta;
    }

    // With z = (x - mean) scale and g = dy gamma: dx = scale (g - average g - z average(g z)), dgamma = sum dy z, dbeta = sum dy.
    private IReadOnlyList<Tensor?> Backward(Tensor x, Tensor mean, Tensor scale, Tensor? gamma, Tensor? beta, Tensor dy)
    {
        var (first, second) = (Average(Weighted(Apart().Dy)), Average(Along(Apart())));
        var (own, flow) = Apart();
        var back = new List<Tensor?> { scale * (Weighted(flow) - first - (own - mean) * (second * scale.Square())) };
        if (gamma is not null)
        {
            var (values, flows) = Apart();
            back.Add((flows * ((values - mean) * scale)).SumTo(gamma.Shape));
        }
        if (beta is not null) back.Add(dy.SumTo(beta.Shape));
        return back;

        (Tensor X, Tensor Dy) Apart() => RecomputedOp.Of([x, dy], []) is var values ? (values[0], values[1]) : default;
        Tensor Weighted(Tensor cotangent) => gamma is null ? cotangent : cotangent * gamma;
        Tensor Along((Tensor X, Tensor Dy) values) => Weighted(values.Dy) * (values.X - mean);
    }

    // Of a shape that stretches to the elements'. Each channel's average first: that walks whole rows of channels, and what is left is small.
    private Tensor Average(Tensor elements)
    {
        var each = Axes.Count == 0 ? elements : elements.Mean([.. Axes], keepDims: true);
        if (Channels is not { } axis) return each;
        var grouped = each.Reshape(new Shape([.. each.Shape.Take(axis), Groups, each.Shape[axis] / Groups, .. each.Shape.Skip(axis + 1)]));
        return grouped.Mean([axis + 1], keepDims: true).BroadcastTo(grouped.Shape).Reshape(each.Shape);
    }
}
