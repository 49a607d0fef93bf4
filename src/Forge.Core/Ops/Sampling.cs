using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Shapes and values that several ops sample alike.</summary>
internal static class Sampling
{
    /// <summary>Two shapes that broadcast: equal, or one with stretched or missing leading axes.</summary>
    public static (Shape A, Shape B) BroadcastPair(Draw draw, int maxRank = 4, int high = 9)
    {
        var full = draw.Shape(draw.Int(0, maxRank), high: high);
        var other = new int[draw.Bool() ? full.Rank : draw.Int(0, full.Rank)];
        for (var back = 1; back <= other.Length; back++) other[^back] = draw.Int(0, 3) == 3 ? 1 : full[-back];
        return draw.Bool() ? (full, new Shape(other)) : (new Shape(other), full);
    }

    /// <summary>Reals of any shape up to rank 4.</summary>
    public static ReferenceTensor Reals(Draw draw, double low, double high) => draw.Uniform(draw.Shape(draw.Int(0, 4)), low, high);

    /// <summary>Reals of either sign, 0.05 to 2 in magnitude: a finite-difference step does not cross a kink at 0.</summary>
    public static ReferenceTensor AwayFromZero(Draw draw)
    {
        var x = Reals(draw, -1.95, 1.95);
        foreach (ref var value in x.Elements.AsSpan()) value = (float)(value + (value < 0 ? -0.05 : 0.05));
        return x;
    }

    /// <summary>Reals at least 0.1 from any integer.</summary>
    public static ReferenceTensor BetweenIntegers(Draw draw)
    {
        var x = Reals(draw, -4, 4);
        foreach (ref var value in x.Elements.AsSpan()) value = (float)(Math.Floor(value) + 0.1 + 0.8 * (value - Math.Floor(value)));
        return x;
    }

    /// <summary>Two tensors of which no two elements are closer than 0.05.</summary>
    public static ReferenceTensor[] Apart(Draw draw, Shape a, Shape b)
    {
        ReferenceTensor[] operands = [draw.Uniform(a, -2, 2), draw.Uniform(b, -2, 2)];
        for (var k = 0; k < 2; k++)
            foreach (ref var value in operands[k].Elements.AsSpan()) value = (float)(Math.Round(value * 10) / 10 + 0.05 * k);
        return operands;
    }

    /// <summary>The values as a 16-bit type holds them, of that type.</summary>
    public static ReferenceTensor Rounded(ReferenceTensor x, DType to)
    {
        var y = new ReferenceTensor(x.Type with { DType = to });
        for (var i = 0; i < y.Elements.Length; i++) y[i] = DTypes.Round(x[i], to);
        return y;
    }

    /// <summary>Some axes of a shape, ascending, each with even odds; one at least unless the rank is 0.</summary>
    public static ValueList<int> Axes(Draw draw, Shape shape)
    {
        var axes = Enumerable.Range(0, shape.Rank).Where(_ => draw.Bool()).ToArray();
        return axes.Length == 0 && shape.Rank > 0 ? [draw.Int(0, shape.Rank - 1)] : [.. axes];
    }
}
