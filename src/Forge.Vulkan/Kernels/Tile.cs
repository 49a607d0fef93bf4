namespace Forge.Vulkan.Kernels;

/// <summary>What a workgroup of a tiled kernel computes of a product, and how its lanes share it; see shaders/include/tile.glsl.</summary>
/// <param name="M">Rows of the tile.</param>
/// <param name="N">Columns of the tile.</param>
/// <param name="LaneM">Rows that one lane computes; a multiple of 4.</param>
/// <param name="LaneN">Columns that one lane computes; a multiple of 4.</param>
internal sealed record Tile(uint M, uint N, uint LaneM, uint LaneN)
{
    /// <summary>Terms of the sums in shared memory at a time: BK in tile.glsl.</summary>
    public const int Depth = 16;

    // constant_id of MM in coopmat.glsl.
    private const int FirstMatrixConstant = 20;

    // Workgroups that keep the widest devices busy: below, a smaller tile is the better default.
    private const long Plenty = 128;

    private static readonly Tile[] s_all = [new(128, 128, 8, 8), new(64, 64, 8, 4), new(32, 32, 4, 4)];

    /// <summary>Invocations in a workgroup.</summary>
    public uint Lanes => M / LaneM * (N / LaneN);

    /// <summary>Shared memory in bytes: both tiles, with a quad of padding for each of their rows.</summary>
    public uint SharedBytes => Depth * (M / 4 + N / 4 + 2) * 16;

    /// <summary>A variant whose first constants are local size, M, N, LaneM, LaneN; the kernel's own follow in its dispatch.</summary>
    public Variant Variant => new(Family.Tiled, $"tile{M}x{N}", Lanes, [Lanes, M, N, LaneM, LaneN]);

    /// <summary>A variant of these with its tile set otherwise; null where the device has not the invocations or the shared memory, or tiles are too many for a grid.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="settings">Values of <c>m</c>, <c>n</c> (the tile), <c>lane-m</c>, <c>lane-n</c> (what a lane computes of it).</param>
    /// <param name="limits">The device's.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    public static Variant? Tuned(Variant variant, IReadOnlyList<Setting> settings, DeviceLimits limits, long m, long n)
    {
        var tile = Of(variant);
        foreach (var (name, value) in settings)
            tile = name switch
            {
                "m" => tile with { M = value },
                "n" => tile with { N = value },
                "lane-m" => tile with { LaneM = value },
                _ => tile with { LaneN = value },
            };
        return tile.Fits(limits, m, n) ? variant with { Lanes = tile.Lanes, Constants = tile.Variant.Constants, Settings = settings } : null;
    }

    // At least a subgroup's worth of lanes on most devices, none with less than a quad of rows and columns.
    private bool Fits(DeviceLimits limits, long m, long n) => M >= LaneM && N >= LaneN && Lanes >= 32
        && limits.AllowsLanes(Lanes) && SharedBytes <= limits.SharedMemoryBytes && Math.Max(Count(m, M), Count(n, N)) <= Grid.MaxPerAxis;

    // What fits with everything else as it is.
    private IReadOnlyList<Tunable> Tunables(DeviceLimits limits, long m, long n)
    {
        return [.. new[] { Choice("m", M, [32, 64, 128], v => this with { M = v }), Choice("n", N, [32, 64, 128], v => this with { N = v }),
            Choice("lane-m", LaneM, [4, 8], v => this with { LaneM = v }), Choice("lane-n", LaneN, [4, 8], v => this with { LaneN = v }) }.Where(t => t.Values.Count > 1)];

        Tunable Choice(string name, uint usual, uint[] values, Func<uint, Tile> with) => new(name, [usual, .. values.Where(v => v != usual && with(v).Fits(limits, m, n))]);
    }

    /// <summary>The tile of a variant made by <see cref="Variant"/>.</summary>
    public static Tile Of(Variant variant) => new(variant.Constants![1], variant.Constants[2], variant.Constants[3], variant.Constants[4]);

    /// <summary>The tiles that a device can run, best guess first: the largest that still makes plenty of workgroups.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    /// <param name="products">How many products (batches, groups, slices) there are.</param>
    public static IEnumerable<Variant> Variants(DeviceLimits limits, long m, long n, long products) =>
        from tile in s_all
        where tile.Fits(limits, m, n)
        let grid = (Rows: Count(m, tile.M), Columns: Count(n, tile.N))
        where products <= Grid.MaxPerAxis
        orderby Math.Min(Plenty, grid.Rows * grid.Columns * products) descending, tile.M descending
        select tile.Variant with { Tunables = tile.Tunables(limits, m, n) };

    /// <summary>The specialization constants of a tiled or coopmat dispatch: local size and tile, the kernel's own from 5 on, matrices from 20 on.</summary>
    public static IReadOnlyList<uint> Constants(Variant variant, params IReadOnlyList<uint> own)
    {
        IReadOnlyList<uint> all = [.. variant.Constants!.Take(5), .. own];
        return variant.Family != Family.Coopmat ? all : [.. all, .. Enumerable.Repeat(0u, FirstMatrixConstant - all.Count), .. variant.Constants!.Skip(5)];
    }

    /// <summary>The grid of one workgroup per tile: x columns, y rows, z products.</summary>
    public Grid GridOf(long m, long n, long products) => new((uint)Count(n, N), (uint)Count(m, M), checked((uint)products));

    /// <summary>Workgroups for one product.</summary>
    public long Workgroups(long m, long n) => Count(m, M) * Count(n, N);

    private static long Count(long extent, long tile) => (extent + tile - 1) / tile;
}
