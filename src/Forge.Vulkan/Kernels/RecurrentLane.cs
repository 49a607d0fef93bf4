namespace Forge.Vulkan.Kernels;

/// <summary>The lane variants of the recurrent cells and their gradients: recurrent-lane.glsl. A workgroup owns some rows of the batch for all steps.</summary>
internal static class RecurrentLane
{
    // The panel of a subgroup: four vectors for each unit of the state. Past this it leaves a core's first cache.
    private const int MostUnits = 256;

    // Terms at a time.
    private const int Run = 16;

    private const int RowsConstant = 4;

    /// <summary>The variant; none where it does not fit.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="rows">N.</param>
    /// <param name="units">U.</param>
    /// <param name="owned">Units that a subgroup owns, and multiples of which there must be.</param>
    /// <param name="subgroups">Subgroups of a workgroup.</param>
    /// <param name="constants">Specialization constants: after the local size those of recurrent.glsl, TERMS and ROWS left out, then the shader's own.</param>
    public static IEnumerable<Variant> Variants(DeviceLimits limits, int rows, int units, int owned, int subgroups, uint[] constants)
    {
        var lanes = (uint)(8 * subgroups);
        if (!limits.HasRawAddresses || !limits.Quirks.RunsOnProcessor || limits.SubgroupSize != 8 || !limits.HasSubgroupBallot) yield break;
        if (rows == 0 || units > MostUnits || units % owned != 0 || units % Run != 0 || !limits.AllowsLanes(lanes)) yield break;
        // Two workgroups at least, or one core of two stands idle; many rows share what a workgroup reads once.
        uint[] choices = [.. new uint[] { 16, 8, 4, 2 }.Where(r => r == 2 || rows > r)];
        yield return new(Family.Lane, "rows", lanes, [lanes, .. constants[..2], (uint)units, choices[0], .. constants[2..]],
            Tunables: [new("rows", [choices[0], .. new uint[] { 32, 16, 8, 4 }.Where(r => r != choices[0] && r < rows)], Constant: RowsConstant)]);
    }

    /// <summary>The dispatch of such a variant.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="extents">N, T, U.</param>
    /// <param name="bindings">The buffers.</param>
    public static Dispatch Over(Variant variant, uint[] extents, IReadOnlyList<Slot> bindings)
    {
        var rows = variant.Constants![RowsConstant];
        return new(Grid.Linear(extents[0], rows), [.. extents, 0], bindings);
    }
}
