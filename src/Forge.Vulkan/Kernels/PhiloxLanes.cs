namespace Forge.Vulkan.Kernels;

/// <summary>Variants and grids of the random lane shaders: a lane makes blocks of four elements, a subgroup eight of them at a time.</summary>
internal static class PhiloxLanes
{
    private const int Blocks = 32;      // elements of eight blocks
    private const uint MostUnits = 8;      // times eight blocks, all unrolled

    /// <summary>The lane variant where the last subgroup may make elements again that another makes.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="limits">The device's limits.</param>
    /// <param name="constants">Specialization constants from 3 on.</param>
    public static IEnumerable<Variant> Overlapping(int count, DeviceLimits limits, params IReadOnlyList<uint> constants)
    {
        var units = (uint)Math.Min((long)MostUnits, count / Blocks);
        return count % 4 == 0 && units > 0 ? Of(count, units, limits, constants) : [];
    }

    /// <summary>The lane variant where each element may be made once alone.</summary>
    /// <param name="count">Elements.</param>
    /// <param name="limits">The device's limits.</param>
    public static IEnumerable<Variant> Dividing(int count, DeviceLimits limits)
    {
        if (count == 0 || count % Blocks != 0) return [];
        var units = Enumerable.Range(1, (int)MostUnits).Last(u => count / Blocks % u == 0);
        return Of(count, (uint)units, limits, [], isDivided: true);
    }

    private static IEnumerable<Variant> Of(int count, uint units, DeviceLimits limits, IReadOnlyList<uint> constants, bool isDivided = false)
    {
        var runs = (count / Blocks + units - 1) / units;
        foreach (var subgroups in (uint[])[8, 4, 2, 1])
            // Two workgroups at least, or one core of two stands idle.
            if (limits.HasLaneWords && limits.AllowsLanes(8 * subgroups) && (!isDivided || (runs % subgroups == 0 && runs / subgroups <= LaneTerms.MaxAxis)) && (subgroups == 1 || runs / subgroups >= 2))
                return [new(Family.Lane, "blocks", 8 * subgroups, [8 * subgroups, subgroups, units, .. constants], LaneTable: LaneTerms.Table)];
        return [];
    }

    /// <summary>The grid of a variant: one made here, or by <see cref="EachUnit"/>.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="count">Elements.</param>
    public static Grid Grid(Variant variant, int count)
    {
        if (variant.Family != Family.Lane) return EachUnit.Grid(variant, (count + 3L) / 4);
        var each = Blocks * variant.Constants![1] * variant.Constants[2];
        return LaneTerms.Folded((count + each - 1) / each);
    }
}
