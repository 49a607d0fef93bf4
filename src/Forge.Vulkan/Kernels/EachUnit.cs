namespace Forge.Vulkan.Kernels;

/// <summary>Variants and grids of the shaders that include each.glsl: an invocation takes several units, lanes side by side.</summary>
internal static class EachUnit
{
    /// <summary>Portable variants, the untuned default first. Constants 0 and 1 are the lanes and the units of an invocation.</summary>
    /// <param name="units">How many units there are.</param>
    /// <param name="limits">The device's limits.</param>
    /// <param name="constants">Specialization constants from 2 on.</param>
    /// <param name="defines">Macros of the shader.</param>
    /// <param name="suffix">What the variants' names end with.</param>
    /// <param name="isWide">Whether a unit is several words, and so work enough for an invocation: a loop around wide loads is slower on processors.</param>
    public static IEnumerable<Variant> Variants(long units, DeviceLimits limits, IReadOnlyList<uint>? constants = null,
        IReadOnlyList<(string Name, string Value)>? defines = null, string suffix = "", bool isWide = true)
    {
        var shapes = !limits.Quirks.RunsOnProcessor ? ((uint Lanes, uint Each)[])[(128, 1), (128, 4), (256, 1), (64, 1)]
            : isWide ? [(64, 1), (64, 8)]
            : [(64, 32), (64, 8), (64, 1)];
        foreach (var (lanes, each) in shapes)
            // Two workgroups at least, or one core of two stands idle.
            if (limits.AllowsLanes(lanes) && (each == 1 || 2L * lanes * each <= units))
                yield return new(Family.Portable, $"lanes{lanes}each{each}{suffix}", lanes, [lanes, each, .. constants ?? []], Defines: defines,
                    Tunables: each == 1 ? null : [new("each", [each, .. new uint[] { 2, 4, 16, 64 }.Where(e => e != each && 2L * lanes * e <= units)], Constant: 1)]);
    }

    /// <summary>The grid of a variant made here.</summary>
    public static Grid Grid(Variant variant, long units) => Vulkan.Grid.Linear((units + variant.Constants![1] - 1) / variant.Constants[1], variant.Lanes);
}
