using Forge.Core;

namespace Forge.Models.Gan;

/// <summary>The numbers that images are made from, drawn on the host: the same on every device.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class LatentNoise
{
    // Keeps these draws apart from others under the same seed ("late").
    private const uint Purpose = 0x6c617465;

    /// <summary>Standard normal numbers, f32 (n, latent). Row i depends on the seed and i alone.</summary>
    /// <param name="n">Rows.</param>
    /// <param name="latent">Numbers a row.</param>
    /// <param name="seed">Decides every draw.</param>
    public static HostTensor Of(int n, int latent, ulong seed)
    {
        var noise = new HostTensor(new(DType.F32, (n, latent)));
        for (var row = 0; row < n; row++)
        {
            var draws = new PhiloxSequence(seed, Purpose, (uint)row);
            var values = noise.Span<float>().Slice(row * latent, latent);
            for (var i = 0; i < latent; i++) values[i] = (float)Normal(ref draws);
        }
        return noise;
    }

    /// <summary>Rows on great circles from each row to the next, and back to the first at the end: normal noise lies near a sphere, so straight lines would leave it.</summary>
    /// <param name="corners">f32 (k, latent), k at least 2.</param>
    /// <param name="count">Rows wanted.</param>
    /// <returns>f32 (count, latent).</returns>
    public static HostTensor Between(HostTensor corners, int count)
    {
        var (k, latent) = (corners.Shape[0], corners.Shape[1]);
        var path = new HostTensor(new(DType.F32, (count, latent)));
        for (var row = 0; row < count; row++)
        {
            var at = (double)row / count * k;
            var (from, share) = ((int)at % k, at - Math.Floor(at));
            var a = corners.Span<float>().Slice(from * latent, latent);
            var b = corners.Span<float>().Slice((from + 1) % k * latent, latent);
            double dot = 0, aa = 0, bb = 0;
            for (var i = 0; i < latent; i++) (dot, aa, bb) = (dot + a[i] * b[i], aa + a[i] * a[i], bb + b[i] * b[i]);
            var angle = Math.Acos(Math.Clamp(dot / Math.Sqrt(aa * bb), -1, 1));
            var (first, second) = angle < 1e-6 ? (1 - share, share) : (Math.Sin((1 - share) * angle) / Math.Sin(angle), Math.Sin(share * angle) / Math.Sin(angle));
            for (var i = 0; i < latent; i++) path.Span<float>()[row * latent + i] = (float)(first * a[i] + second * b[i]);
        }
        return path;
    }

    // Box and Muller's; the logarithm's argument is never 0.
    private static double Normal(ref PhiloxSequence draws) => Math.Sqrt(-2 * Math.Log(1 - draws.NextBetween(0, 1))) * Math.Cos(2 * Math.PI * draws.NextBetween(0, 1));
}
