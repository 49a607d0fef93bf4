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

    /// <summary>The tile of a variant made by <see cref="Variant"/>.</summary>
    public static Tile Of(Variant variant) => new(variant.Constants![1], variant.Constants[2], variant.Constants[3], variant.Constants[4]);

    /// <summary>The tiles that a device can run, best guess first: the largest that still makes plenty of workgroups.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    /// <param name="products">How many products (batches, groups, slices) there are.</param>
    public static IEnumerable<Variant> Variants(DeviceLimits limits, long m, long n, long products) =>
        from tile in s_all
        where tile.Lanes <= Math.Min(limits.MaxWorkgroupInvocations, limits.MaxWorkgroupX) && tile.SharedBytes <= limits.SharedMemoryBytes
        let grid = (Rows: Count(m, tile.M), Columns: Count(n, tile.N))
        where Math.Max(Math.Max(grid.Rows, grid.Columns), products) <= Grid.MaxPerAxis
        orderby Math.Min(Plenty, grid.Rows * grid.Columns * products) descending, tile.M descending
        select tile.Variant;

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
