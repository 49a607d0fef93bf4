namespace Forge.Vulkan.Kernels;

/// <summary>How a lane kernel splits a sum of many terms: unrolled chunks, chained through the subgroups of a workgroup, in slices.</summary>
/// <param name="Terms">Terms of a chunk, all unrolled.</param>
/// <param name="Subgroups">Chunks of a workgroup, one after the other.</param>
/// <param name="Slices">Workgroups that share a sum; more than one leave partial results.</param>
/// <param name="Skip">Terms that the last chunk shares with the one before it, and masks.</param>
internal readonly record struct LaneTerms(uint Terms, uint Subgroups, uint Slices, uint Skip)
{
    /// <summary>Lanes of a subgroup that the kernels are written for.</summary>
    public const uint Lanes = 8;

    /// <summary>Entries of tab[] that uniform5 and its kin read.</summary>
    public const int Table = 32;

    /// <summary>The same where the push block has 128 bytes.</summary>
    public const int ShortTable = 8;

    /// <summary>The largest id that uniform15 takes, plus one: the largest grid axis.</summary>
    public const uint MaxAxis = 32_768;

    /// <summary>Terms of a chunk, at most: past these the code outgrows the operation cache.</summary>
    // A chunk takes over sums and leaves them: as much work as some eight terms.
    public const uint MostTerms = 72;
    private const uint Overhead = 8;

    /// <summary>Invocations of a workgroup.</summary>
    public uint Group => Lanes * Subgroups;

    /// <summary>The cheapest split of <paramref name="count"/> terms into at least <paramref name="minSlices"/> slices.</summary>
    /// <param name="count">Terms; at least 1.</param>
    /// <param name="minSlices">Slices wanted, for parallel work where tiles are few; fewer are made of few terms, more where the count divides badly.</param>
    /// <param name="mostTerms">Terms of a chunk, at most.</param>
    /// <param name="mostSubgroups">Chunks of a workgroup, at most.</param>
    public static LaneTerms Split(uint count, uint minSlices = 1, uint mostTerms = MostTerms, uint mostSubgroups = 128)
    {
        var fewest = (count + mostTerms * mostSubgroups - 1) / (mostTerms * mostSubgroups);
        var most = (count + mostTerms - 1) / mostTerms; // slices of one chunk each: always a split, so the search ends
        var least = Math.Max(fewest, Math.Min(minSlices, most));
        var (best, bestCost) = (default(LaneTerms), ulong.MaxValue);
        for (var slices = least; slices <= most && (bestCost == ulong.MaxValue || slices <= least + least / 4); slices++)
            for (uint subgroups = 1; subgroups <= mostSubgroups; subgroups++)
            {
                var chunks = slices * subgroups;
                var terms = (count + chunks - 1) / chunks;
                var skip = chunks * terms - count;
                var cost = (ulong)chunks * (2 * (terms + Overhead) + skip); // every chunk has the code that masks
                if (terms <= mostTerms && skip < terms && cost < bestCost)
                    (best, bestCost) = (new(terms, subgroups, slices, skip), cost);
            }
        return best;
    }

    /// <summary>Rows of a tile for <paramref name="extent"/> rows: six fill the registers, fewer where they leave less to compute twice.</summary>
    /// <param name="extent">Rows to cover.</param>
    /// <param name="terms">Terms of each sum.</param>
    public static uint Rows(uint extent, uint terms)
    {
        if (extent <= 6)
            return Math.Max(1, extent);
        uint best = 6;
        foreach (uint rows in (uint[])[5, 4])
            if (Work(rows) < Work(best))
                best = rows;
        return best;
        // Of each term: two products and sums a row, a broadcast a row, two loads of columns; of each tile: its place, and some forty instructions to store a row.
        ulong Work(uint rows) => Tiles(extent, rows) * ((ulong)terms * (5 * rows + 4) + 40 * rows + 150);
    }

    /// <summary>The rows of a tile as a tunable, where there is a choice.</summary>
    /// <param name="extent">Rows to cover.</param>
    /// <param name="rows">The default.</param>
    /// <param name="fits">Whether the kernel can run with so many rows a tile.</param>
    public static IEnumerable<Tunable> RowsTunable(uint extent, uint rows, Func<uint, bool> fits)
    {
        uint[] others = [.. new uint[] { 6, 5, 4, 3 }.Where(r => r != rows && r <= extent && fits(r))];
        return others.Length > 0 ? [new("rows", [rows, .. others])] : [];
    }

    /// <summary>What the shaders' DIGITS is for a grid: how many digits to base 32 the ids of each axis have, two bits an axis, x in the lowest.</summary>
    public static uint Digits(Grid grid)
    {
        return Of(grid.X) | Of(grid.Y) << 2 | Of(grid.Z) << 4;
        static uint Of(uint extent) => extent <= 1 ? 0u : extent <= 32 ? 1u : extent <= 1024 ? 2u : 3u;
    }

    /// <summary>How many words of a run of <paramref name="extent"/> a tile takes: a multiple of sixteen, the fewest tiles; at least 16 words.</summary>
    /// <param name="extent">Words of a run; at least 16.</param>
    /// <param name="most">Words of a tile, about.</param>
    public static int Run(int extent, int most)
    {
        for (var tiles = (extent + most - 1) / most; ; tiles++)
            if (((extent + tiles - 1) / tiles + 15) / 16 * 16 is var run && run <= extent)
                return run;
    }

    /// <summary>Subgroups of a workgroup, a power of two at most <paramref name="most"/>, where each takes a tile: fewer where that leaves few workgroups.</summary>
    public static uint SubgroupsFor(long tiles, uint most)
    {
        while (most > 1 && tiles / most < 4) most /= 2;
        return most;
    }

    /// <summary>A grid of so many workgroups or a few more, folded onto y where x has no room.</summary>
    public static Grid Folded(long groups) => new((uint)Math.Min(groups, MaxAxis), (uint)((groups + MaxAxis - 1) / MaxAxis));

    /// <summary>Tiles that cover an extent; the last overlaps its neighbour.</summary>
    public static uint Tiles(uint extent, uint tile) => (extent + tile - 1) / tile;
}
