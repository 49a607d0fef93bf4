using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>Which inputs run alike: their extents rounded to quarters of an octave, the small ones as they are.</summary>
internal static class ShapeBucket
{
    private const int Exact = 16;

    /// <summary>The bucket of these types.</summary>
    public static string Of(IReadOnlyList<TensorType> inputs) =>
        string.Join("; ", inputs.Select(t => $"{t.DType.Label()} ({string.Join(", ", t.Shape.Select(Rounded))})"));

    private static string Rounded(int extent) =>
        extent <= Exact ? $"{extent}" : $"~{Math.Round(Math.Pow(2, Math.Round(4 * Math.Log2(extent)) / 4)):0}";
}
