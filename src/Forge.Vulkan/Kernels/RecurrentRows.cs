namespace Forge.Vulkan.Kernels;

/// <summary>The portable variants of the recurrent cells and their gradients: recurrent.glsl. A row of the batch has an invocation or a workgroup.</summary>
internal static class RecurrentRows
{
    // Most units find a lane of their own, and each lane then has work.
    private const uint UsualLanes = 256;

    // A step of a lane variant: pairs of at most 32 rows, and blocks of a product.
    private const long MostRoundsOfStep = 64;

    /// <summary>Walk, and group where a row's part fits shared memory; group first on GPUs.</summary>
    /// <param name="limits">The device's.</param>
    /// <param name="units">U.</param>
    /// <param name="sharedWords">Words that a workgroup keeps in shared memory.</param>
    public static IReadOnlyList<Variant> Variants(DeviceLimits limits, int units, int sharedWords)
    {
        var walk = new Variant(Family.Portable, "walk", 64, Defines: [("GROUPED", "0")]);
        uint[] lanes = [.. new uint[] { 32, 64, 128, 256, 512, 1024 }.Where(limits.AllowsLanes)];
        if (4L * sharedWords > limits.SharedMemoryBytes || lanes.Length == 0) return [walk];
        var usual = lanes.Where(l => l >= units && l <= UsualLanes).FirstOrDefault(Math.Min(UsualLanes, lanes[^1]));
        var group = new Variant(Family.Portable, "group", usual, Defines: [("GROUPED", "1")], Tunables: [new("lanes", [usual, .. lanes.Where(l => l != usual && l >= 64)], Constant: 0)]);
        return limits.Quirks.RunsOnProcessor ? [walk, group] : [group, walk];
    }

    /// <summary>How often an invocation goes round its loops: each step a lane's units, each with products of all units.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="steps">T.</param>
    /// <param name="units">U.</param>
    /// <param name="products">Products of all units for each unit and step.</param>
    public static long LoopRounds(Variant variant, long steps, long units, int products)
    {
        if (variant.Family == Family.Lane) return steps * MostRoundsOfStep;
        var share = variant.Name == "group" ? (units + variant.Lanes - 1) / variant.Lanes : units;
        return share + 1 + steps * (share * (products * (units + 1) + 4) + 8);
    }

    /// <summary>Workgroups for all rows.</summary>
    public static Grid GridOf(Variant variant, uint rows) => variant.Name == "group" ? Grid.Linear(rows, 1) : Grid.Linear(rows, variant.Lanes);
}
