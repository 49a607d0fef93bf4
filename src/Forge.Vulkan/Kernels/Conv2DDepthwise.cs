using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>The lane variant of Conv2D and of its input gradient where each channel is convolved alone: shaders/Conv2D.depthwise.lane.comp.</summary>
/// <remarks>Offered for 8 channels or more, as many groups and outputs, and windows of up to 64 taps; the gradient at a stride of 1.</remarks>
internal sealed record Conv2DDepthwise
{
    /// <summary>The variant's name.</summary>
    public const string Name = "depthwise";

    // Taps at most, columns of x under a tile at most, products of a subgroup's tiles at most, in vectors: all are unrolled.
    private const int MostTaps = 64, MostColumns = 64, MostProducts = 400, MostPixels = 6, MostSubgroups = 8;

    private readonly bool _gradient;
    private readonly Epilogue _epilogue;
    private readonly Conv2DGeometry _geometry;
    private readonly int _top, _left;

    // x (N,H,W,C) convolved with a window of KH x KW into y (N,P,Q,C): for the gradient x is dy and y is dx.
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int C) _y;
    private readonly (int H, int W) _window;

    private Conv2DDepthwise(Conv2DExtents e, Epilogue epilogue, bool gradient)
    {
        var g = e.Geometry;
        (_gradient, _epilogue, _geometry, _window) = (gradient, epilogue, g, (e.W[0], e.W[1]));
        (_x, _y) = gradient ? (e.Y.Nhwc, e.X.Nhwc) : (e.X.Nhwc, e.Y.Nhwc);
        (_top, _left) = gradient
            ? (g.Dilation.H * (e.W[0] - 1) - g.Padding.Top, g.Dilation.W * (e.W[1] - 1) - g.Padding.Left)
            : (g.Padding.Top, g.Padding.Left);
    }

    /// <summary>Whether each channel is convolved alone, and there are enough of them for a vector.</summary>
    public static bool Is(Conv2DExtents e) => e.Geometry.Groups == e.X[3] && e.Geometry.Groups == e.Y[3] && e.X[3] >= 8;

    /// <summary>The variant, if it fits.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, Epilogue epilogue, bool gradient, DeviceLimits limits)
    {
        if (!limits.HasLaneWords || !Is(extents) || (gradient && extents.Geometry.Stride != 1) || extents.X.Count == 0 || extents.Y.Count == 0 || extents.W.Count == 0)
            return [];
        var depthwise = new Conv2DDepthwise(extents, epilogue, gradient);
        return depthwise.Fits && limits.AllowsLanes(8 * depthwise.Subgroups) ? [depthwise.Variant] : [];
    }

    /// <summary>What the variant dispatches.</summary>
    /// <param name="extents">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="gradient">Whether x and y change places: the input gradient.</param>
    public static KernelPlan Plan(Conv2DExtents extents, Epilogue epilogue, bool gradient) => new Conv2DDepthwise(extents, epilogue, gradient).Plan();

    private int Taps => _window.H * _window.W;
    private int StrideW => _gradient ? 1 : _geometry.Stride.W;
    private uint Vectors => _y.C >= 16 ? 2u : 1;
    private uint Panels => LaneTerms.Tiles((uint)_y.C, 8 * Vectors);
    private uint Pixels => (uint)Math.Min(_y.Q, Math.Clamp(MostProducts / (Taps * (int)Vectors), 1, MostPixels));
    private uint RowTiles => LaneTerms.Tiles((uint)_y.Q, Pixels);
    private uint Tiles => (uint)Math.Clamp(MostProducts / (Taps * Vectors * Pixels), 1, RowTiles);
    private uint Runs => LaneTerms.Tiles(RowTiles, Tiles);
    private uint Subgroups => Math.Min(Runs, MostSubgroups);
    private long Columns => (Pixels - 1) * StrideW + (_window.W - 1L) * _geometry.Dilation.W + 1;

    private bool Fits => Taps <= MostTaps && Columns <= MostColumns && RowTiles <= LaneTerms.MaxAxis && _y.P <= LaneTerms.MaxAxis && _y.N * (long)Panels <= LaneTerms.MaxAxis;

    private bool IsPadded => _top > 0 || _left > 0
        || (_y.P - 1) * _geometry.Stride.H - _top + (_window.H - 1) * _geometry.Dilation.H >= _x.H
        || (_y.Q - 1) * StrideW - _left + (_window.W - 1) * _geometry.Dilation.W >= _x.W;

    private Variant Variant => new(Family.Lane, Name, LaneTerms.Lanes * Subgroups, Shader: "Conv2D.depthwise.lane.comp", LaneTable: LaneTerms.Table, Constants:
    [
        LaneTerms.Lanes * Subgroups, Pixels, Vectors, (uint)_y.C, (uint)_window.H, (uint)_window.W, (uint)StrideW, (uint)_geometry.Dilation.W,
        IsPadded ? 1u : 0u, _gradient ? 1u : 0u, Tiles, .. EpilogueConstants.Of(_epilogue),
    ]);

    private KernelPlan Plan() => new Dispatch(new Grid(LaneTerms.Tiles(Runs, Subgroups), (uint)_y.P, (uint)_y.N * Panels),
        [(uint)_x.H, (uint)_x.W, (uint)_y.P, (uint)_y.Q, (uint)_top, (uint)_left, (uint)(_gradient ? 1 : _geometry.Stride.H), (uint)_geometry.Dilation.H],
        [Slot.Input(0), Slot.Input(1), Slot.Input(_epilogue.HasBias ? 2 : 1), Slot.Output(0)]);
}
