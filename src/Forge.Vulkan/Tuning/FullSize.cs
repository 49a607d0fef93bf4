using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>Compares two variants' results where the fp64 reference would take too long.</summary>
internal static class FullSize
{
    /// <summary>Says where two results differ by more than rounding; null where they do not.</summary>
    /// <param name="trusted">What a variant gave that is right.</param>
    /// <param name="outputs">What another gave. Integers must be equal, NaN stands where NaN stands.</param>
    /// <param name="ulps">How far reals may be apart, in units of 2^-24 of the output's largest element.</param>
    public static string? Explain(IReadOnlyList<HostTensor> trusted, IReadOnlyList<HostTensor> outputs, double ulps)
    {
        for (var o = 0; o < trusted.Count; o++)
        {
            var (want, got) = (trusted[o], outputs[o]);
            if (want.Type.DType != DType.F32)
            {
                var at = want.Bytes.CommonPrefixLength(got.Bytes);
                if (at < want.Bytes.Length)
                    return $"output {o} differs in element {at / want.Type.DType.Bytes()}";
                continue;
            }
            var x = want.Span<float>();
            var y = got.Span<float>();
            var largest = 0f;
            foreach (var v in x)
                if (float.IsFinite(v))
                    largest = Math.Max(largest, Math.Abs(v));
            var limit = ulps * largest / (1 << 24);
            for (var i = 0; i < x.Length; i++)
                if (!(Math.Abs((double)x[i] - y[i]) <= limit) && !(float.IsNaN(x[i]) && float.IsNaN(y[i])) && x[i] != y[i])
                    return $"element {i} of output {o} is {y[i]:G9} instead of {x[i]:G9} (limit {limit:G3})";
        }
        return null;
    }
}
