namespace Forge.Vulkan.Kernels;

/// <summary>How products of family lane are built for a driver (shaders/include/lane.glsl).</summary>
/// <param name="IsChained">Subgroups hand their sums on in order, with no barrier; else each keeps its own, and a barrier stands before they are added up.</param>
/// <param name="Table">Entries of tab[] in the push block.</param>
internal readonly record struct LaneForm(bool IsChained, int Table)
{
    // What marks the names of variants that are not chained.
    private const string Suffix = "-barrier";

    // Subgroups of a workgroup: with barriers each has a tile of sums in shared memory, and reads all of them.
    private const uint MostChained = 128, MostWithBarrier = 48, RowBytes = 16 * 4, MostRows = 6;

    /// <summary>The form for a device; null where lane products would be wrong or pointless.</summary>
    public static LaneForm? Of(DeviceLimits limits)
    {
        if (!limits.HasRawAddresses || !limits.Quirks.UniformPushTable || limits.SubgroupSize != LaneTerms.Lanes || !limits.HasSubgroupBallot)
            return null;
        var form = new LaneForm(limits.HasLaneChain, limits.MaxPushConstantBytes >= 256 ? LaneTerms.Table : LaneTerms.ShortTable);
        return limits.AllowsLanes(form.MostSubgroups * LaneTerms.Lanes) && form.SharedBytes(form.MostSubgroups, MostRows) <= limits.SharedMemoryBytes ? form : null;
    }

    /// <summary>The form of a variant that was offered.</summary>
    public static LaneForm Of(Variant variant) => new(!variant.Name.EndsWith(Suffix, StringComparison.Ordinal), variant.LaneTable);

    /// <summary>Subgroups of a workgroup at most.</summary>
    public uint MostSubgroups => IsChained ? MostChained : MostWithBarrier;

    /// <summary>Shared memory of a workgroup, in bytes: the tile of sums that is handed on, or one for each subgroup.</summary>
    public uint SharedBytes(uint subgroups, uint rows) => (IsChained ? 1 : subgroups) * rows * RowBytes;

    /// <summary>A variant's name: the chain's own, or that of its twin.</summary>
    public string NameOf(string name) => IsChained ? name : name + Suffix;

    /// <summary>CHAINED of the shaders. A workgroup of one subgroup is the same either way.</summary>
    public uint Constant(uint subgroups) => IsChained || subgroups == 1 ? 1u : 0;
}
