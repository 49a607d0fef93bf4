using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variant of Conv2DWeightGradient where a group makes few outputs of eight channels or more: shaders/Conv2DWeightGradient.channels.lane.comp, whose lanes
/// are channels, leaves partial results of slices of the pixels, Sum.lane.comp adds them up.
/// </summary>
/// <remarks>Offered where a group reads 8 channels or more and makes fewer than 16 outputs, and no more than it reads; else lanes are outputs (<see cref="Conv2DWeightGradientLane"/>).</remarks>
internal sealed record Conv2DWeightGradientChannels
{
    // Before what the form adds to it.
    private const string Name = "channels";

    // Outputs of a tile at most, which fill the registers; pixels of a chunk at most; slices at most, and the bytes of x and dy that one reads: they should stay in a core's second cache.
    private const int MostOutputs = 6, MostPixels = 64, MostSlices = 1024, SliceBytes = 512 << 10;

    private readonly LaneForm _form;
    private readonly Conv2DExtents _e;
    private readonly bool _withBias;
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int O) _y;

    private Conv2DWeightGradientChannels(Conv2DExtents e, bool withBias, LaneForm form) => (_form, _e, _withBias, _x, _y) = (form, e, withBias, e.X.Nhwc, e.Y.Nhwc);

    /// <summary>Whether a variant is this kernel's.</summary>
    public static bool Makes(Variant variant) => variant.Name == LaneForm.Of(variant).NameOf(Name);

    /// <summary>The variant, if it fits.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, bool withBias, DeviceLimits limits)
    {
        if (LaneForm.Of(limits) is not { } form || extents.X.Count == 0 || extents.Y.Count == 0 || extents.W.Count == 0)
            return [];
        var channels = new Conv2DWeightGradientChannels(extents, withBias, form);
        return channels.Fits ? [channels.Variant] : [];
    }

    /// <summary>What the variant dispatches.</summary>
    public static KernelPlan Plan(Conv2DExtents extents, bool withBias, Variant variant) => new Conv2DWeightGradientChannels(extents, withBias, LaneForm.Of(variant)).Plan();

    private int Channels => _e.ChannelsOfGroup;
    private int Outputs => _e.OutputsOfGroup;
    private uint Vectors => Channels > 8 ? 2u : 1;
    private uint Panels => LaneTerms.Tiles((uint)Channels, 8 * Vectors);
    private uint Tiles => LaneTerms.Tiles((uint)Outputs, MostOutputs);
    private uint TileRows => LaneTerms.Tiles((uint)Outputs, Tiles);
    private int Rows => _y.N * _y.P;
    private long Size => (long)_e.Taps * Channels * _y.O + (_withBias ? _y.O : 0);
    private uint Parts => LaneTerms.Tiles((uint)_y.Q, (uint)Chunk.Q);
    private uint Chunks => (uint)(Rows / Chunk.Rows) * Parts;
    private uint Slices => LaneTerms.Tiles(Chunks, Subgroups);

    private Grid Grid => new((uint)_e.Geometry.Groups * Panels * Tiles, (uint)_e.Taps + (_withBias ? 1u : 0), Slices);

    private bool Fits => Channels >= 8 && Outputs < 16 && Outputs <= Channels && Size >= 16 && Slices <= MostSlices && Size < int.MaxValue / 4 / MostSlices
        && Grid is { X: <= LaneTerms.MaxAxis, Y: <= LaneTerms.MaxAxis };

    // Pixels of a chunk: a part of a row, or rows that divide all rows.
    private (int Rows, int Q) Chunk
    {
        get
        {
            var parts = (_y.Q + MostPixels - 1) / MostPixels;
            return parts > 1 ? (1, (_y.Q + parts - 1) / parts) : (Enumerable.Range(1, Math.Min(Rows, MostPixels / _y.Q)).Last(r => Rows % r == 0), _y.Q);
        }
    }

    private uint Subgroups
    {
        get
        {
            var chunkBytes = 4L * Chunk.Rows * (_x.W * _x.C * _e.Geometry.Stride.H + _y.Q * _y.O) / Parts;
            var wanted = Math.Max(SliceBytes / Math.Max(1, chunkBytes), LaneTerms.Tiles(Chunks, MostSlices));
            var most = (uint)Math.Clamp(wanted, Math.Min(8, Chunks), Math.Min(_form.MostSubgroups, Chunks));
            // Slices of one length.
            return LaneTerms.Tiles(Chunks, LaneTerms.Tiles(Chunks, most));
        }
    }

    private Variant Variant
    {
        get
        {
            var (g, chunk) = (_e.Geometry, Chunk);
            return new(Family.Lane, _form.NameOf(Name), LaneTerms.Lanes * Subgroups, Shader: "Conv2DWeightGradient.channels.lane.comp", LaneTable: _form.Table, Constants:
            [
                LaneTerms.Lanes * Subgroups, TileRows, Vectors, (uint)_x.C, (uint)Channels, (uint)_y.O, (uint)Outputs, (uint)_e.W[1], (uint)_y.Q, (uint)chunk.Rows, (uint)chunk.Q,
                Parts * (uint)chunk.Q - (uint)_y.Q, (uint)g.Stride.W, (uint)g.Dilation.W, g.Padding == Padding2D.Valid ? 0u : 1u, Slices * Subgroups == Chunks ? 0u : 1u, _withBias ? 1u : 0u,
                _form.Constant(Subgroups),
            ]);
        }
    }

    private KernelPlan Plan()
    {
        var (g, size, direct) = (_e.Geometry, (uint)Size, Slices == 1 && !_withBias);
        var pass = new Dispatch(Grid,
            [0, (uint)_x.H, (uint)_x.W, (uint)_y.P, size, (uint)g.Padding.Top, (uint)g.Padding.Left, (uint)g.Stride.H, (uint)g.Dilation.H, Chunks, (uint)_e.Taps],
            [Slot.Input(0), Slot.Input(1), direct ? Slot.Output(0) : Slot.Scratch(0)]);
        var weights = (uint)(_e.Taps * Channels * _y.O);
        return direct ? pass : new KernelPlan([pass, Conv2DWeightGradientLane.SumOfSlices(Slices, size, weights, _withBias, _form)], [4L * Slices * size]);
    }
}
