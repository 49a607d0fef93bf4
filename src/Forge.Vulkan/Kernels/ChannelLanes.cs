using System.Numerics;
using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>How batch normalisation and its gradient cut (rows, channels) for the shaders that include channels-lane.glsl.</summary>
/// <param name="Rows">All axes but the last.</param>
/// <param name="Channels">The last axis.</param>
internal readonly record struct ChannelLanes(int Rows, int Channels)
{
    // Rows of a run that is read and written, at most and at least: all are unrolled. Rows of a slice that is summed; slices that are worth shorter ones.
    private const int MostRows = 32, FewestRows = 4, LongSlice = 128, ShortSlice = 32, FewSlices = 64, MostHalvings = 4;

    public ChannelLanes(TensorType x) : this(x.Count / x.Shape[-1], x.Shape[-1]) { }

    // Runs divide the rows: outputs may lie over inputs, so that no row is computed twice.
    private int RunRows
    {
        get
        {
            var rows = Rows;
            return Enumerable.Range(1, Math.Min(MostRows, rows)).Last(r => rows % r == 0);
        }
    }

    /// <summary>Rows of a slice whose sums are taken first; what is left over is a slice more.</summary>
    public int SliceRows => Rows / LongSlice >= FewSlices ? LongSlice : ShortSlice;

    /// <summary>Whole slices.</summary>
    public int WholeSlices => Rows / SliceRows;

    /// <summary>Rows beyond the last whole slice.</summary>
    public int RowsLeft => Rows % SliceRows;

    /// <summary>All slices.</summary>
    public int Slices => WholeSlices + (RowsLeft > 0 ? 1 : 0);

    /// <summary>Bytes of one number for each channel of each slice.</summary>
    public long Bytes => 4L * Slices * Channels;

    /// <summary>Bytes of x, and of one number for each channel, in whole slices: what is left over starts there.</summary>
    public (long OfX, long OfSums) WholeBytes => (4L * WholeSlices * SliceRows * Channels, 4L * WholeSlices * Channels);

    /// <summary>The variant, where channels are whole runs of sixteen and rows divide; none elsewhere.</summary>
    public IEnumerable<Variant> Variants(DeviceLimits limits)
    {
        if (!limits.HasLaneWords || !limits.AllowsLanes(8 << MostHalvings) || Channels % 16 != 0 || Rows < ShortSlice || RunRows < FewestRows
            || Rows / RunRows > LaneTerms.MaxAxis || WholeSlices > LaneTerms.MaxAxis || Channels / 8 > LaneTerms.MaxAxis) yield break;
        var constants = Constants(RunRows, vectors: 2);
        yield return new(Family.Lane, "runs", constants[0], constants, LaneTable: LaneTerms.Table);
    }

    /// <summary>The grid of the variant's own shader.</summary>
    public Grid Runs => new((uint)Channels / 16 / Subgroups(vectors: 2), (uint)(Rows / RunRows));

    /// <summary>The grid of a slices shader, and its constants.</summary>
    public (Grid Grid, uint[] Constants) WholeSlicesRun => (new((uint)Channels / 8 / Subgroups(vectors: 1), (uint)WholeSlices), Constants(SliceRows, vectors: 1));

    private uint[] Constants(int rows, int vectors) => [8 * Subgroups(vectors), Subgroups(vectors), (uint)rows, (uint)Channels];

    // Subgroups of a workgroup: the largest power of two that divides the runs of channels.
    private uint Subgroups(int vectors) => 1u << Math.Min(MostHalvings, BitOperations.TrailingZeroCount(Channels / 8 / vectors));
}
