using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>What a workgroup of a coopmat variant computes of a product, and how its subgroups share it; see shaders/include/coopmat.glsl.</summary>
/// <remarks>The shaders are the tiled ones: where factors lie and what becomes of a sum is said once, and tested on drivers without matrix units.</remarks>
internal static class MatrixTile
{
    // Terms in shared memory at a time: BK in coopmat.glsl.
    private const uint Depth = 32;

    // Matrices of sums of a subgroup at most: more do not stay in registers, and processor drivers take minutes to compile them.
    private const uint MostSums = 16;

    // Matrix shapes offered, and workgroups that keep the widest devices busy.
    private const int MostShapes = 2;
    private const long Plenty = 128;

    // Rows and columns of the tile, and of a subgroup's part.
    private static readonly Tile[] s_all = [new(128, 128, 64, 32), new(64, 64, 32, 32), new(32, 32, 16, 16)];

    /// <summary>The coopmat variants of a product of 16-bit factors, best guess first; none where the device has no matrices of their type.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="stem">The kernel's.</param>
    /// <param name="factor">The type of the factors.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    /// <param name="products">How many products (batches, groups, slices) there are.</param>
    public static IEnumerable<Variant> Variants(DeviceLimits limits, string stem, DType factor, long m, long n, long products) =>
        from shape in limits.Matrices.Where(s => s.Factor == factor && Depth % s.K == 0 && s.M * s.N % 4 == 0 && s.N % 4 == 0).OrderByDescending(s => s.M * s.N * s.K).Take(MostShapes)
        from tile in s_all
        let lanes = tile.Lanes * limits.SubgroupSize
        where tile.LaneM % shape.M == 0 && tile.LaneN % shape.N == 0 && Sums(tile, shape) <= (limits.Quirks.RunsOnProcessor ? MostSums / 2 : MostSums)
            && limits.AllowsLanes(lanes) && SharedBytes(tile, shape.M, shape.N, tile.Lanes) <= limits.SharedMemoryBytes
        let grid = tile.GridOf(m, n, products)
        where Math.Max(Math.Max(grid.X, grid.Y), grid.Z) <= Grid.MaxPerAxis
        orderby Math.Min(Plenty, tile.Workgroups(m, n) * products) descending, tile.M descending
        select new Variant(Family.Coopmat, $"tile{tile.M}x{tile.N}m{shape.M}x{shape.N}x{shape.K}", lanes,
            [lanes, tile.M, tile.N, tile.LaneM, tile.LaneN, shape.M, shape.N, shape.K, limits.SubgroupSize],
            Shader: stem + ".tiled.comp", Defines: [("COOPMAT", MatrixProbe.Define(factor))]);

    private static uint Sums(Tile tile, MatrixShape shape) => tile.LaneM / shape.M * (tile.LaneN / shape.N);

    /// <summary>Shared memory of a tile, in bytes: both factors, and for each group of lanes that holds matrices one of sums on its way out.</summary>
    public static uint SharedBytes(Tile tile, uint m, uint n, uint groups) => 4 * (Side(tile.M) + Side(tile.N) + groups * m * n);

    // Words of one factor's tile, whichever way it lies, with 16 bytes of padding for each row.
    private static uint Side(uint extent) => Math.Max(extent * (Depth / 2 + 4), Depth * (extent / 2 + 4));
}
