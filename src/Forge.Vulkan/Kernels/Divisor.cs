namespace Forge.Vulkan.Kernels;

/// <summary>The words of DIVISOR in shaders/include/divide.glsl: division of n &lt; 2³¹ as a multiplication.</summary>
internal static class Divisor
{
    /// <summary>Magic and shift of each divisor, in order: ⌊n/d⌋ = ⌊2n · magic / 2^(32 + shift)⌋.</summary>
    /// <remarks>
    /// magic = ⌊2^(31 + shift) / d⌋ + 1 exceeds 2^(31 + shift) / d by at most 1, so n · magic / 2^(31 + shift) exceeds n / d by at most
    /// n / 2^(31 + shift) &lt; 2^-shift ≤ 1 / d: too little to reach the next integer.
    /// </remarks>
    /// <param name="divisors">Each below 2³¹; 0, the extent of something empty, counts as 1.</param>
    public static uint[] Words(params ReadOnlySpan<int> divisors)
    {
        var words = new uint[2 * divisors.Length];
        for (var i = 0; i < divisors.Length; i++)
        {
            var d = (uint)Math.Max(1, divisors[i]);
            var shift = d == 1 ? 0 : 32 - System.Numerics.BitOperations.LeadingZeroCount(d - 1); // ⌈log2 d⌉
            words[2 * i] = checked((uint)((1ul << (31 + shift)) / d + 1));
            words[2 * i + 1] = (uint)shift;
        }
        return words;
    }
}
