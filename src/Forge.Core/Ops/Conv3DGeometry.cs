namespace Forge.Core.Ops;

/// <summary>How a window of weights steps over a clip of frames: what Conv3D and its two gradients share.</summary>
/// <param name="Stride">Elements between windows.</param>
/// <param name="Padding">Zeros around the clip.</param>
/// <param name="Dilation">Elements between the taps of a window; 1 when they are neighbours.</param>
/// <param name="Groups">Groups of channels convolved apart: input channels C and output channels O are split alike.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Conv3DGeometry(Size3D Stride, Padding3D Padding, Size3D Dilation, int Groups)
{
    /// <summary>Stride 1, no padding, no dilation, one group.</summary>
    public static Conv3DGeometry Unit { get; } = new(1, Padding3D.Valid, 1, 1);

    /// <summary>What it is within a frame.</summary>
    public Conv2DGeometry Frame => new(Stride.Frame, Padding.Frame, Dilation.Frame, Groups);

    /// <summary>
    /// The shape of y (N, F, P, Q, O) for x (N, D, H, W, C) and w (KD, KH, KW, C/Groups, O): F = ⌊(D + front + back − DD·(KD−1) − 1) / SD⌋ + 1, P and Q likewise.
    /// </summary>
    /// <exception cref="ShapeException">Channels, groups or window do not fit.</exception>
    internal Shape Output(Op op, IReadOnlyList<TensorType> inputs, Shape x, Shape w)
    {
        var ((n, d, h, width, c), (kd, kh, kw, _, o), (front, back, (top, bottom, left, right))) = (x.Ndhwc, w.Ndhwc, Padding);
        if (Math.Min(Math.Min(front, back), Math.Min(Math.Min(top, bottom), Math.Min(left, right))) < 0)
            throw new ShapeException(op, inputs, $"padding {Padding} is negative", "Slice the input instead.");
        Convolution.CheckChannels(op, inputs, Groups, c, w, "depth, height, width");
        return new(n, Along("depth", d, front + back, kd, Stride.D, Dilation.D), Along("height", h, top + bottom, kh, Stride.H, Dilation.H),
            Along("width", width, left + right, kw, Stride.W, Dilation.W), o);

        int Along(string axis, int extent, int padding, int taps, int stride, int dilation)
        {
            var reach = dilation * (taps - 1) + 1;
            return reach <= extent + padding
                ? (extent + padding - reach) / stride + 1
                : throw new ShapeException(op, inputs, $"window {kd}x{kh}x{kw}{(Dilation == 1 ? "" : $" (dilation {Dilation})")} is larger than the {d}x{h}x{width} input{(Padding == Padding3D.Valid ? "" : $" with padding {Padding}")}: its {axis} is {reach}",
                    axis == "depth" ? "Use a smaller window or longer clips, or pad more." : "Use a smaller window, or pad more.");
        }
    }

    /// <summary>The frame of x that a tap of a window reads; outside x where padding is read.</summary>
    internal int FrameOf(int f, int tap) => f * Stride.D - Padding.Front + tap * Dilation.D;

    /// <summary>Calls <paramref name="visit"/> with the flat indexes of every (pixel of x, tap of w, pixel of y) that meet, each at its channel 0.</summary>
    internal void ForEachTap(Shape x, Shape w, Shape y, Action<int, int, int> visit)
    {
        var ((_, d, h, width, c), (kd, kh, kw, perGroup, o), (n, frames, p, q, _)) = (x.Ndhwc, w.Ndhwc, y.Ndhwc);
        Shape frameOfX = (1, h, width, c), frameOfW = (kh, kw, perGroup, o), frameOfY = (1, p, q, o);
        var frame = Frame;
        for (var clip = 0; clip < n; clip++)
            for (var f = 0; f < frames; f++)
                for (var tap = 0; tap < kd; tap++)
                {
                    if (FrameOf(f, tap) is var from && (from < 0 || from >= d)) continue;
                    var (firstX, firstW, firstY) = ((clip * d + from) * frameOfX.Count, tap * frameOfW.Count, (clip * frames + f) * frameOfY.Count);
                    frame.ForEachTap(frameOfX, frameOfW, frameOfY, (atX, atW, atY) => visit(firstX + atX, firstW + atW, firstY + atY));
                }
    }

    /// <summary>A geometry with the shapes of an x and a w that fit it.</summary>
    internal static (Conv3DGeometry Geometry, Shape X, Shape W) Sample(Draw draw)
    {
        var groups = draw.OneOf(1, 1, 1, 2, 3);
        var (perGroup, outputs) = (draw.OneOf(1, 2, 3, 4, 5, groups == 1 ? 19 : 2), draw.OneOf(1, 2, 3, 4, groups == 1 ? 16 : 5, groups == 1 ? 33 : 2));
        Size3D window = (draw.Int(1, 3), draw.Int(1, 3), draw.Int(1, 3)), stride = draw.OneOf<Size3D>(1, 1, (2, 1, 1), (1, 2, 2), (3, 2, 1)), dilation = draw.OneOf<Size3D>(1, 1, 1, (2, 1, 1), (1, 2, 3));
        var padding = draw.Bool() ? new Padding3D(draw.Int(0, 2), draw.Int(0, 2), new(draw.Int(0, 2), draw.Int(0, 1), draw.Int(0, 1), draw.Int(0, 2))) : Padding3D.Valid;
        var (n, d) = (draw.Int(1, 2), Extent(window.D, dilation.D, padding.Front + padding.Back, 4));
        var (h, w) = (Extent(window.H, dilation.H, padding.Frame.Top + padding.Frame.Bottom, 5), Extent(window.W, dilation.W, padding.Frame.Left + padding.Frame.Right, 7));
        return (new(stride, padding, dilation, groups), new(n, d, h, w, groups * perGroup), new(window.D, window.H, window.W, perGroup, groups * outputs));

        // At least what makes one output; some more, so that some are left over when strides are large.
        int Extent(int taps, int step, int padded, int most) => Math.Max(1, step * (taps - 1) + 1 - padded) + draw.Int(0, most);
    }
}
