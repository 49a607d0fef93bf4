namespace Forge.Vulkan.Kernels;

/// <summary>The order of a kernel's variants; the first one is the default.</summary>
internal static class KernelOrder
{
    /// <summary>Tiles first on GPUs; portable first on processors, where shared memory is slow.</summary>
    public static IEnumerable<Variant> TilesFirst(DeviceLimits limits, IEnumerable<Variant> portable, IEnumerable<Variant> tiles) =>
        limits.Quirks.RunsOnProcessor ? portable.Concat(tiles) : tiles.Concat(portable);

    /// <summary>Matrix units first on GPUs; last on processors, which emulate them.</summary>
    public static IEnumerable<Variant> MatricesFirst(DeviceLimits limits, IEnumerable<Variant> matrices, IEnumerable<Variant> others) =>
        limits.Quirks.RunsOnProcessor ? others.Concat(matrices) : matrices.Concat(others);

    /// <summary>Portable variants, one for each workgroup size that the device has.</summary>
    public static IEnumerable<Variant> Portable(DeviceLimits limits, params IEnumerable<uint> lanes) =>
        from size in lanes
        where limits.AllowsLanes(size)
        select new Variant(Family.Portable, $"lanes{size}", size);
}
