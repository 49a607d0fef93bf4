using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// What a workgroup computes of a product with matrices that it holds as a whole (VK_NV_cooperative_matrix2). No device of the tests has them, so these
/// variants are the last of a kernel: one runs where <c>forge tune</c> has found it right and fastest on that very device, or where it is named.
/// </summary>
internal static class WorkgroupTile
{
    // Terms in shared memory at a time (BK in coopmat.glsl), and rows and columns of a matrix of sums at most: it passes through shared memory as a whole.
    private const uint Depth = 32, MostOfSums = 64;

    // Sizes of workgroups offered.
    private const int MostSizes = 2;

    // Terms of a step where matrices load from memory, the default first.
    private static readonly uint[] s_depths = [32, 64, 16];

    private static readonly uint[] s_sides = [128, 64];

    /// <summary>Variants of a tiled shader, whose quads pass through shared memory as the coopmat ones do; none where the device has no such matrices.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="stem">The kernel's.</param>
    /// <param name="factor">The type of the factors.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    /// <param name="products">How many products (batches, groups, slices) there are.</param>
    public static IEnumerable<Variant> Variants(DeviceLimits limits, string stem, DType factor, long m, long n, long products) =>
        from matrix in Sizes(limits, factor)
        from tile in Tiles(m, n, products)
        let sums = Math.Min(tile.M, MostOfSums)
        where matrix.Allows(sums, sums, Depth, limits.WorkgroupMatrixExtent)
            && MatrixTile.SharedBytes(tile, sums, sums, groups: 1) + limits.WorkgroupMatrixSharedBytes <= limits.SharedMemoryBytes
        select new Variant(Family.Coopmat, $"workgroup{tile.M}x{tile.N}l{matrix.Lanes}", matrix.Lanes, Constants(matrix.Lanes, tile, sums, sums, Depth),
            Shader: stem + ".tiled.comp", Defines: [("COOPMAT", MatrixProbe.Define(factor)), (MatrixProbe.OfWorkgroups, "1")]);

    /// <summary>Variants of MatMul.tensor.comp, whose matrices load from memory themselves; none where the device cannot or a matrix starts where they must not.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="factor">The type of the factors.</param>
    /// <param name="m">Rows of each product.</param>
    /// <param name="n">Columns of each product.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="batches">The products.</param>
    public static IEnumerable<Variant> OfTensors(DeviceLimits limits, DType factor, long m, long n, long k, IReadOnlyList<MatMulBatches> batches) =>
        from matrix in Sizes(limits, factor)
        where limits.HasTensorLoads && !limits.Quirks.NoPointerCast && k > 0 && batches.All(b => StartsOnVectors(b, m * n))
            && limits.WorkgroupMatrixSharedBytes <= limits.SharedMemoryBytes
        from tile in Tiles(m, n, batches[0].Count)
        let depths = s_depths.Where(depth => matrix.Allows(tile.M, tile.N, depth, limits.WorkgroupMatrixExtent)).ToArray()
        where depths.Length > 0
        select new Variant(Family.Coopmat, $"tensor{tile.M}x{tile.N}l{matrix.Lanes}", matrix.Lanes, Constants(matrix.Lanes, tile, tile.M, tile.N, depths[0]),
            Shader: "MatMul.tensor.comp", Tunables: depths.Length > 1 ? [new("k", depths, Constant: 7)] : null,
            Defines: [("COOPMAT", MatrixProbe.Define(factor)), (MatrixProbe.WithTensors, "1"), ("LANES", matrix.Lanes.ToString(System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>Whether a variant is of <see cref="OfTensors"/>.</summary>
    public static bool IsOfTensors(Variant variant) => variant.Defines is { } defines && defines.Any(d => d.Name == MatrixProbe.WithTensors);

    // Local size, tile and what one holder of matrices has of it, then from FirstMatrixConstant on: rows and columns of a matrix of sums, terms, lanes of the holder.
    private static uint[] Constants(uint lanes, Tile tile, uint sumsM, uint sumsN, uint terms) => [lanes, tile.M, tile.N, tile.LaneM, tile.LaneN, sumsM, sumsN, terms, lanes];

    // Of each size of workgroup the finest granularity that the driver lists; large workgroups first.
    private static IEnumerable<WorkgroupMatrix> Sizes(DeviceLimits limits, DType factor) =>
        limits.WorkgroupMatrices.Where(w => w.Factor == factor && limits.AllowsLanes(w.Lanes))
            .GroupBy(w => w.Lanes).Select(g => g.MinBy(w => w.M * w.N * w.K)).OrderByDescending(w => w.Lanes).Take(MostSizes);

    // One holder has the whole tile.
    private static IEnumerable<Tile> Tiles(long m, long n, long products) =>
        from side in s_sides
        let tile = new Tile(side, side, side, side)
        let grid = tile.GridOf(m, n, products)
        where Math.Max(Math.Max(grid.X, grid.Y), grid.Z) <= Grid.MaxPerAxis
        select tile;

    // Tensors start on 16 bytes: 8 factors, 4 results.
    private static bool StartsOnVectors(MatMulBatches batches, long results)
    {
        return Factors(batches.A) && Factors(batches.B) && batches.Y % 4 == 0 && (batches.Count == 1 || results % 4 == 0);

        static bool Factors((int First, int Outer, int Inner) starts) => starts.First % 8 == 0 && starts.Outer % 8 == 0 && starts.Inner % 8 == 0;
    }
}
