using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>The lane variant of Conv2D and of its input gradient where each channel is convolved alone: shaders/Conv2D.depthwise.lane.comp.</summary>
/// <remarks>Offered for 8 channels or more, as many groups and outputs, and windows of up to 64 taps; a gradient at a stride is several convolutions (<see cref="Conv2DPass"/>).</remarks>
internal sealed record Conv2DDepthwise
{
    /// <summary>The variant's name.</summary>
    public const string Name = "depthwise";

    // Taps at most, columns of x under a tile at most, products of a subgroup's tiles at most, in vectors: all are unrolled.
    private const int MostTaps = 64, MostColumns = 64, MostProducts = 400, MostPixels = 6, MostSubgroups = 8;

    private readonly Conv2DPass _pass;
    private readonly Epilogue _epilogue;

    // x (N,H,W,C) convolved with a window of KH x KW into y (N,P,Q,C): for the gradient x is dy and y is dx, or a phase of it.
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int C) _y;
    private readonly (int H, int W) _window;

    private Conv2DDepthwise(Conv2DPass pass, Epilogue epilogue) => (_pass, _epilogue, _window, _x, _y) = (pass, epilogue, pass.Window, pass.X, pass.Y);

    /// <summary>Whether each channel is convolved alone, and there are enough of them for a vector.</summary>
    public static bool Is(Conv2DExtents e) => e.Geometry.Groups == e.X[3] && e.Geometry.Groups == e.Y[3] && e.X[3] >= 8;

    /// <summary>The variant, if it fits.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, Epilogue epilogue, bool gradient, DeviceLimits limits)
    {
        if (!limits.HasLaneWords || !limits.AllowsLanes(8 * MostSubgroups) || !Is(extents))
            return [];
        Conv2DDepthwise[] all = [.. Conv2DPass.Of(extents, gradient).Select(p => new Conv2DDepthwise(p, epilogue))];
        return all.Length > 0 && all.All(d => d.Fits) ? [all[0].Variant] : [];
    }

    /// <summary>What the variant dispatches.</summary>
    /// <param name="extents">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="gradient">Whether x and y change places: the input gradient.</param>
    public static KernelPlan Plan(Conv2DExtents extents, Epilogue epilogue, bool gradient)
    {
        var passes = Conv2DPass.Of(extents, gradient);
        return new(Conv2DPass.WithZeros(passes, extents, [.. passes.Select(p => new Conv2DDepthwise(p, epilogue).Dispatch)]));
    }

    private int Taps => _window.H * _window.W;
    private uint Vectors => _y.C >= 16 ? 2u : 1;
    private uint Panels => LaneTerms.Tiles((uint)_y.C, 8 * Vectors);
    private uint Pixels => (uint)Math.Min(_y.Q, Math.Clamp(MostProducts / (Taps * (int)Vectors), 1, MostPixels));
    private uint RowTiles => LaneTerms.Tiles((uint)_y.Q, Pixels);
    private uint Tiles => (uint)Math.Clamp(MostProducts / (Taps * Vectors * Pixels), 1, RowTiles);
    private uint Runs => LaneTerms.Tiles(RowTiles, Tiles);
    private uint Subgroups => Math.Min(Runs, MostSubgroups);
    private long Columns => (Pixels - 1) * _pass.Stride.W + (_window.W - 1L) * _pass.Dilation.W + 1;

    private bool Fits => Taps <= MostTaps && Columns <= MostColumns && RowTiles <= LaneTerms.MaxAxis && _y.P <= LaneTerms.MaxAxis && _y.N * (long)Panels <= LaneTerms.MaxAxis;

    private Variant Variant => new(Family.Lane, Name, LaneTerms.Lanes * Subgroups, Shader: "Conv2D.depthwise.lane.comp", LaneTable: LaneTerms.Table, Constants:
    [
        LaneTerms.Lanes * Subgroups, Pixels, Vectors, (uint)_y.C, (uint)_window.H, (uint)_window.W, (uint)_pass.Stride.W, (uint)_pass.Dilation.W,
        _pass.IsPadded ? 1u : 0u, _pass.IsGradient ? 1u : 0u, Tiles, .. EpilogueConstants.Of(_epilogue), _pass.PixelStep,
    ]);

    private Dispatch Dispatch => new(new Grid(LaneTerms.Tiles(Runs, Subgroups), (uint)_y.P, (uint)_y.N * Panels),
        [
            (uint)_x.H, (uint)_x.W, (uint)_y.P, (uint)_y.Q, (uint)_pass.Top, (uint)_pass.Left, (uint)_pass.Stride.H, (uint)_pass.Dilation.H, .. _pass.Places, .. _pass.Taps.Skip(1),
        ],
        [Slot.Input(0), Slot.Input(1), Slot.Input(_epilogue.HasBias ? 2 : 1), Slot.Output(0)], Constants: Variant.Constants);
}
