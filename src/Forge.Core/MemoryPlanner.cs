namespace Forge.Core;

/// <summary>A span of memory that one or more values share, live from one step to another.</summary>
/// <param name="bytes">Its length.</param>
/// <param name="first">The first step that touches it.</param>
/// <param name="last">The last step that touches it.</param>
internal sealed class Lifetime(long bytes, int first, int last)
{
    public long Bytes { get; } = bytes;

    public int First { get; set; } = first;

    public int Last { get; set; } = last;

    public long Offset { get; set; } = -1;
}

/// <summary>Gives lifetimes offsets in one arena so that those that overlap in time do not overlap in memory.</summary>
internal static class MemoryPlanner
{
    /// <summary>
    /// Places the largest first, each at the lowest gap between the placed ones that are live with it. Tried against placing in order of
    /// time (larger arenas on the article's network); optimal placement is NP-hard and this one is near the lower bound there.
    /// </summary>
    /// <param name="lifetimes">What to place; offsets are written into them.</param>
    /// <param name="alignment">Bytes; a power of two.</param>
    /// <returns>The arena's length in bytes.</returns>
    public static long Place(IReadOnlyList<Lifetime> lifetimes, int alignment)
    {
        var placed = new List<Lifetime>();
        long end = 0;
        foreach (var next in lifetimes.OrderByDescending(l => l.Bytes).ThenBy(l => l.First))
        {
            next.Offset = LowestGap(placed, next, alignment);
            placed.Insert(placed.FindIndex(p => p.Offset > next.Offset) is var at && at < 0 ? placed.Count : at, next);
            end = Math.Max(end, next.Offset + Align(next.Bytes, alignment));
        }
        return end;
    }

    /// <summary>The largest sum of bytes live at one step: no arena is smaller.</summary>
    public static long Peak(IReadOnlyList<Lifetime> lifetimes, int alignment)
    {
        var changes = new SortedDictionary<int, long>();
        foreach (var l in lifetimes)
        {
            changes[l.First] = changes.GetValueOrDefault(l.First) + Align(l.Bytes, alignment);
            changes[l.Last + 1] = changes.GetValueOrDefault(l.Last + 1) - Align(l.Bytes, alignment);
        }
        long live = 0, peak = 0;
        foreach (var change in changes.Values) peak = Math.Max(peak, live += change);
        return peak;
    }

    /// <summary>Rounds up to a multiple of the alignment.</summary>
    public static long Align(long bytes, int alignment) => (bytes + alignment - 1) & -alignment;

    // The placed ones come in order of offset, so one walk sees every gap.
    private static long LowestGap(List<Lifetime> placed, Lifetime next, int alignment)
    {
        long offset = 0;
        foreach (var other in placed)
        {
            if (other.First > next.Last || other.Last < next.First) continue;
            if (other.Offset >= offset + next.Bytes) break;
            offset = Math.Max(offset, Align(other.Offset + other.Bytes, alignment));
        }
        return offset;
    }
}
