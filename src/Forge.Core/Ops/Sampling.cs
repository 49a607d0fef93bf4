namespace Forge.Core.Ops;

/// <summary>Shapes that several ops sample alike.</summary>
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
}
