namespace Forge.Vulkan;

/// <summary>Workgroups of a dispatch, by axis.</summary>
/// <param name="X">Along x; at most 65,535 on every device.</param>
/// <param name="Y">Along y; at most 65,535.</param>
/// <param name="Z">Along z; at most 65,535.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Grid(uint X, uint Y = 1, uint Z = 1)
{
    /// <summary>Workgroups that every device allows along an axis.</summary>
    public const uint MaxPerAxis = 65_535;

    /// <summary>A one-dimensional grid of at least <paramref name="count"/> invocations, folded onto y past 65,535 workgroups.</summary>
    /// <param name="count">Invocations needed; the rest must return at once (LINEAR_INDEX in buffers.glsl).</param>
    /// <param name="lanes">Invocations in a workgroup.</param>
    public static Grid Linear(long count, uint lanes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(lanes);
        var groups = Math.Max(1, (count + lanes - 1) / lanes);
        var y = (groups + MaxPerAxis - 1) / MaxPerAxis;
        return new(checked((uint)((groups + y - 1) / y)), checked((uint)y));
    }

    /// <summary>Workgroups in all.</summary>
    public long Count => (long)X * Y * Z;
}
