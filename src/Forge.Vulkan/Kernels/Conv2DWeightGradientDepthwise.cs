using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variant of Conv2DWeightGradient where each channel is convolved alone: shaders/Conv2DWeightGradient.depthwise.lane.comp leaves partial results
/// of slices of the pixels, Sum.lane.comp adds them up.
/// </summary>
/// <remarks>Offered for 16 channels or more, as many groups and outputs, and windows of up to 7 columns.</remarks>
internal sealed record Conv2DWeightGradientDepthwise
{
    // Before what the form adds to it.
    private const string Name = "depthwise";

    // Products of a chunk at most, pixels of it at most; chunks of a slice: what they read should stay in a core's second cache; slices at most.
    private const int MostProducts = 160, MostPixels = 64, ChunksOfSlice = 48, MostSlices = 1024, MostColumns = 7;

    private readonly LaneForm _form;
    private readonly Conv2DExtents _e;
    private readonly bool _withBias;
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int C) _y;

    private Conv2DWeightGradientDepthwise(Conv2DExtents e, bool withBias, LaneForm form) => (_form, _e, _withBias, _x, _y) = (form, e, withBias, e.X.Nhwc, e.Y.Nhwc);

    /// <summary>Whether a variant is this kernel's.</summary>
    public static bool Makes(Variant variant) => variant.Name == LaneForm.Of(variant).NameOf(Name);

    /// <summary>The variant, if it fits.</summary>
    public static IEnumerable<Variant> Variants(Conv2DWeightGradientOp op, Conv2DExtents extents, DeviceLimits limits)
    {
        if (LaneForm.Of(limits) is not { } form || !Conv2DDepthwise.Is(extents) || extents.X.Count == 0 || extents.Y.Count == 0 || extents.W.Count == 0)
            return [];
        var depthwise = new Conv2DWeightGradientDepthwise(extents, op.WithBiasGradient, form);
        return depthwise.Fits && form.SharedBytes(depthwise.Subgroups, depthwise.TileRows) <= limits.SharedMemoryBytes ? [depthwise.Variant] : [];
    }

    /// <summary>What the variant dispatches.</summary>
    public static KernelPlan Plan(Conv2DWeightGradientOp op, Conv2DExtents extents, Variant variant) =>
        new Conv2DWeightGradientDepthwise(extents, op.WithBiasGradient, LaneForm.Of(variant)).Plan();

    private int Rows => _y.N * _y.P;
    private long Size => (_e.Taps + (_withBias ? 1L : 0)) * _x.C;
    private uint TileRows => (uint)_e.W[1] + (_withBias ? 1u : 0);
    private uint Panels => LaneTerms.Tiles((uint)_x.C, 16);
    private uint Parts => LaneTerms.Tiles((uint)_y.Q, (uint)Chunk.Q);
    private uint Chunks => (uint)(Rows / Chunk.Rows) * Parts;
    private uint Slices => LaneTerms.Tiles(Chunks, ChunksOfSlice);
    private uint Subgroups => LaneTerms.Tiles(Chunks, Slices);

    private bool Fits => _x.C >= 16 && _e.W[1] <= MostColumns && Slices <= MostSlices && Size < int.MaxValue / 4 / MostSlices && Panels <= LaneTerms.MaxAxis && _e.W[0] <= LaneTerms.MaxAxis;

    // Pixels of a chunk: a part of a row, or rows that divide all rows.
    private (int Rows, int Q) Chunk
    {
        get
        {
            var most = Math.Min(MostPixels, MostProducts / _e.W[1]);
            var parts = (_y.Q + most - 1) / most;
            if (parts > 1)
                return (1, (_y.Q + parts - 1) / parts);
            return (Enumerable.Range(1, Math.Min(Rows, most / _y.Q)).Last(r => Rows % r == 0), _y.Q);
        }
    }

    private Variant Variant
    {
        get
        {
            var (g, chunk) = (_e.Geometry, Chunk);
            return new(Family.Lane, _form.NameOf(Name), LaneTerms.Lanes * Subgroups, Shader: "Conv2DWeightGradient.depthwise.lane.comp", LaneTable: _form.Table, Constants:
            [
                LaneTerms.Lanes * Subgroups, TileRows, (uint)_e.W[1], (uint)_x.C, (uint)_y.Q, (uint)chunk.Rows, (uint)chunk.Q,
                Parts * (uint)chunk.Q - (uint)_y.Q, (uint)g.Stride.W, (uint)g.Dilation.W, g.Padding == Padding2D.Valid ? 0u : 1u, Slices * Subgroups == Chunks ? 0u : 1u, _withBias ? 1u : 0u,
                _form.Constant(Subgroups),
            ]);
        }
    }

    private KernelPlan Plan()
    {
        var (g, size, direct) = (_e.Geometry, (uint)Size, Slices == 1 && !_withBias);
        var pass = new Dispatch(new Grid(Panels, (uint)_e.W[0], Slices),
            [0, (uint)_x.H, (uint)_x.W, (uint)_y.P, size, (uint)g.Padding.Top, (uint)g.Padding.Left, (uint)g.Stride.H, (uint)g.Dilation.H, Chunks],
            [Slot.Input(0), Slot.Input(1), direct ? Slot.Output(0) : Slot.Scratch(0)]);
        return direct ? pass : new KernelPlan([pass, Conv2DWeightGradientLane.SumOfSlices(Slices, size, (uint)(_e.Taps * _x.C), _withBias, _form)], [4L * Slices * size]);
    }
}
