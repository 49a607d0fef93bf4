namespace Forge.Models.Reports;

/// <summary>A measured limit of how fast bytes move.</summary>
/// <param name="Name">Where they move: memory, cache.</param>
/// <param name="Gbs">10^9 bytes a second.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Bandwidth(string Name, double Gbs);

/// <summary>A kernel on a roofline.</summary>
/// <param name="Op">The op, for its label.</param>
/// <param name="Shape">The shapes it ran on.</param>
/// <param name="Intensity">Operations a byte that must move; 0 where it computes nothing. Below 0.01 it is listed but not drawn.</param>
/// <param name="Gflops">10^9 operations a second.</param>
/// <param name="Ms">Its time in a step, in ms.</param>
/// <param name="Share">Its part of the step, from 0 to 1.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RooflineKernel(string Op, string Shape, double Intensity, double Gflops, double Ms, double Share)
{
    private const double LeastIntensity = 0.01, LeastOfCeiling = 1e-5;

    /// <summary>Whether it has a place in the picture: a kernel with hardly any arithmetic would stretch the axes by decades.</summary>
    /// <param name="ceiling">The limit of arithmetic.</param>
    internal bool IsDrawn(double ceiling) =>
        Intensity >= LeastIntensity && Gflops >= LeastOfCeiling * ceiling && double.IsFinite(Intensity) && double.IsFinite(Gflops);
}

/// <summary>What a roofline shows: kernels below the limits that arithmetic and memory set.</summary>
/// <param name="Title">What ran.</param>
/// <param name="Subtitle">Device and driver.</param>
/// <param name="Gflops">The measured limit of arithmetic, in 10^9 operations a second.</param>
/// <param name="Bandwidths">The measured limits of memory, the slowest first; at least one.</param>
/// <param name="Kernels">The kernels, the longest first.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Roofline(string Title, string Subtitle, double Gflops, IReadOnlyList<Bandwidth> Bandwidths, IReadOnlyList<RooflineKernel> Kernels);
