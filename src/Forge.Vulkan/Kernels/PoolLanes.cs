using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan;

/// <summary>Where the pooling kernels for processors apply, and how a row of outputs is cut into segments, one a subgroup.</summary>
internal static class PoolLanes
{
    private const int Run = 16, MostGroups = 1 << 15;

    /// <summary>The variants for 2x2 windows of stride 2 without padding and whole runs of channels; none elsewhere.</summary>
    /// <param name="pool">Window, stride, padding.</param>
    /// <param name="y">The pooled images.</param>
    /// <param name="limits">The device's.</param>
    /// <param name="mostUnits">Runs of sixteen channels for one subgroup, at most.</param>
    /// <param name="constants">Specialization constants after C and UNITS.</param>
    public static IEnumerable<Variant> Variants(Pool2DGeometry pool, Shape y, DeviceLimits limits, uint mostUnits, params IReadOnlyList<uint> constants)
    {
        var (n, p, q, c) = y.Nhwc;
        if (!limits.HasLaneWords || pool.Window != new Size2D(2, 2) || pool.Stride != new Size2D(2, 2) || pool.Padding != Padding2D.Valid) yield break;
        if (c % Run != 0 || n * p * q == 0) yield break;
        var runs = (uint)(q * c / Run);
        // As much code as fits a subgroup; then as many subgroups as divide the segments of all rows.
        var units = Enumerable.Range(1, (int)mostUnits).Select(u => (uint)u).Last(u => runs % u == 0);
        var segments = runs / units * (uint)(n * p);
        foreach (var subgroups in (uint[])[8, 4, 16, 2, 1])
            if (segments % subgroups == 0 && segments / subgroups <= MostGroups && limits.AllowsLanes(8 * subgroups))
                yield return new(Family.Lane, $"runs{subgroups}x{units}", 8 * subgroups, [8 * subgroups, subgroups, (uint)c, units, .. constants], LaneTable: 32,
                    Tunables: [new("units", [units, .. Fewer(subgroups)], Constant: 3)]);

        IEnumerable<uint> Fewer(uint subgroups) =>
            from u in Enumerable.Range(1, (int)units - 1).Select(u => (uint)u).Reverse()
            where runs % u == 0 && runs / u * (uint)(n * p) is var all && all % subgroups == 0 && all / subgroups <= MostGroups
            select u;
    }

    /// <summary>The constants of a gradient: whether x has a column, and a row, that no window covers.</summary>
    /// <param name="x">The images.</param>
    public static uint[] LeftOver(Shape x) => [(uint)x[2] % 2, (uint)x[1] % 2];

    /// <summary>The dispatch: a subgroup for each segment of each row of outputs.</summary>
    public static Dispatch Over(Variant variant, Shape x, Shape y)
    {
        var (subgroups, segments) = (variant.Constants![1], (uint)(y[2] * y[3] / Run) / variant.Constants[3]);
        return new(new Grid((uint)(y[0] * y[1]) * segments / subgroups),
            [(uint)(x[2] * x[3]), (uint)(y[2] * y[3]), (uint)x[1], (uint)y[1], segments]);
    }
}
