using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>How batch normalisation and its gradient cut (rows, channels) for sums over rows: an invocation for one or four channels of each slice.</summary>
/// <param name="Rows">All axes but the last.</param>
/// <param name="Channels">The last axis.</param>
internal readonly record struct ChannelSlices(int Rows, int Channels)
{
    private const int Wanted = 1024, Shortest = 32;     // invocations to share the work, rows that are worth one

    public ChannelSlices(TensorType x) : this(x.Count / x.Shape[-1], x.Shape[-1]) { }

    /// <summary>Channels of an invocation.</summary>
    public int Width => Channels % 4 == 0 ? 4 : 1;

    /// <summary>Channels, counted in invocations' units.</summary>
    public int Units => Channels / Width;

    /// <summary>Rows of a slice; the last may have fewer.</summary>
    public int SliceRows
    {
        get
        {
            var slices = Math.Clamp(Math.Min(Wanted / Units, Rows / Shortest), 1, Rows);
            return (Rows + slices - 1) / slices;
        }
    }

    /// <summary>The number of slices.</summary>
    public int Slices => (Rows + SliceRows - 1) / SliceRows;

    /// <summary>Bytes of one number for each channel of each slice.</summary>
    public long Bytes => 4L * Slices * Channels;

    /// <summary>The macro of wide.glsl.</summary>
    public (string, string) Define => ("WIDTH", Width == 4 ? "4" : "1");

    /// <summary>Portable variants of what follows the sums; constant 1 is the rows of an invocation. A processor pays for every invocation.</summary>
    public IEnumerable<Variant> Variants(DeviceLimits limits)
    {
        var define = Define;
        return from rows in limits.Quirks.RunsOnProcessor ? (uint[])[32, 4] : [4, 16]
               select new Variant(Family.Portable, $"rows{rows}", 64, [64, rows], Defines: [define]);
    }

    /// <summary>Invocations of a variant made here.</summary>
    public long Invocations(Variant variant) => (Rows + variant.Constants![1] - 1) / variant.Constants[1] * Units;

    /// <summary>The grid of a slices shader.</summary>
    public Grid Grid => Vulkan.Grid.Linear((long)Slices * Units, 64);
}
