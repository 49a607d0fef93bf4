using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>The sizes that the three convolution passes push to their shaders.</summary>
/// <param name="Geometry">Stride, padding, dilation, groups.</param>
/// <param name="X">(N, H, W, C).</param>
/// <param name="W">(KH, KW, C/groups, O).</param>
/// <param name="Y">(N, P, Q, O).</param>
internal sealed record Conv2DExtents(Conv2DGeometry Geometry, Shape X, Shape W, Shape Y)
{
    /// <summary>How windows step over frames, where images are the frames of clips: W's rows are then those of all frames of a window. Null for images alone.</summary>
    public FrameSteps? Steps { get; init; }

    /// <summary>Rows of a window, of one frame where there are several.</summary>
    public int RowsOfWindow { get; init; } = W[0];

    /// <summary>Channels of x in a group.</summary>
    public int ChannelsOfGroup => W[2];

    /// <summary>Channels of y in a group.</summary>
    public int OutputsOfGroup => W[3] / Geometry.Groups;

    /// <summary>KH · KW.</summary>
    public int Taps => W[0] * W[1];

    /// <summary>How often an invocation of a portable kernel goes round its loops: the taps, each with so many channels or outputs, then its results.</summary>
    public long LoopRounds(Variant variant, bool gradient) => variant.Family == Family.Portable ? Taps * ((gradient ? OutputsOfGroup : ChannelsOfGroup) + 4L) + 32 : 0;

    /// <summary>Pixels of x in the batch.</summary>
    public int PixelsOfX => X[0] * X[1] * X[2];

    /// <summary>Pixels of y in the batch.</summary>
    public int Pixels => Y[0] * Y[1] * Y[2];

    /// <summary>CONV2D_EXTENTS of shaders/include/conv2d.glsl; with Steps, of its DEPTH build.</summary>
    /// <exception cref="ShapeException">A window, stride, dilation or padding of 65,536 or more: two share a word.</exception>
    public uint[] Words =>
    [
        (uint)X[1], (uint)X[2], (uint)X[3], (uint)Y[1], (uint)Y[2], (uint)Y[3], (uint)ChannelsOfGroup, (uint)OutputsOfGroup,
        Pair(RowsOfWindow, W[1]), Pair(Geometry.Stride.H, Geometry.Stride.W), Pair(Geometry.Dilation.H, Geometry.Dilation.W), Pair(Geometry.Padding.Top, Geometry.Padding.Left),
        .. Steps is { } s ? [(uint)s.D, (uint)s.F, Pair(s.Taps, s.Stride), Pair(s.Dilation, s.Front)] : (uint[])[],
    ];

    /// <summary>1 where channels come in whole quads, so that every quad of them lies on 16 bytes; else 0.</summary>
    public static uint Wide(int channelsOfGroup) => channelsOfGroup % 4 == 0 ? 1u : 0;

    /// <summary>Blocks of four.</summary>
    public static int Quads(int extent) => (extent + 3) / 4;

    private static uint Pair(int high, int low) => high <= ushort.MaxValue && low <= ushort.MaxValue
        ? (uint)(high << 16 | low)
        : throw new ShapeException($"Convolution: {high}x{low} is too large for the kernels; windows, strides, dilation and padding are below 65536 each.");
}
