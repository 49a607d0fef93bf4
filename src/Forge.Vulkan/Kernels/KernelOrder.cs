using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>The order of a kernel's variants; the first one is the default.</summary>
internal static class KernelOrder
{
    /// <summary>Tiles first on GPUs; portable first on processors, where shared memory is slow.</summary>
    public static IEnumerable<Variant> TilesFirst(DeviceLimits limits, IEnumerable<Variant> portable, IEnumerable<Variant> tiles) =>
        limits.Quirks.RunsOnProcessor ? portable.Concat(tiles) : tiles.Concat(portable);

    /// <summary>
    /// With matrix units: those of subgroups first on GPUs, last on processors, which emulate them. After all others those of workgroups, which no device
    /// of the tests has: an untuned default is never one of them.
    /// </summary>
    public static IEnumerable<Variant> WithMatrices(DeviceLimits limits, string stem, DType factor, long m, long n, long products, IEnumerable<Variant> others)
    {
        var matrices = MatrixTile.Variants(limits, stem, factor, m, n, products);
        return (limits.Quirks.RunsOnProcessor ? others.Concat(matrices) : matrices.Concat(others)).Concat(WorkgroupTile.Variants(limits, stem, factor, m, n, products));
    }

    /// <summary>Portable variants, one for each workgroup size that the device has.</summary>
    public static IEnumerable<Variant> Portable(DeviceLimits limits, params IEnumerable<uint> lanes) =>
        from size in lanes
        where limits.AllowsLanes(size)
        select new Variant(Family.Portable, $"lanes{size}", size);
}
