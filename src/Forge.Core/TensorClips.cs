using Forge.Core.Ops;

namespace Forge.Core;

// Clips: batches of frames, (N,D,H,W,C).
public sealed partial class Tensor
{
    /// <summary>Convolves clips (N,D,H,W,C) with weights (KD,KH,KW,C/groups,O), not flipped: (N,F,P,Q,O).</summary>
    /// <param name="weights">f32 (KD,KH,KW,C/groups,O).</param>
    /// <param name="stride">Elements between windows; 1 when left out.</param>
    /// <param name="padding">Zeros around the clips; none when left out. <see cref="Padding3D.Same"/> computes Keras's "same".</param>
    /// <param name="dilation">Elements between a window's taps; 1 when left out.</param>
    /// <param name="groups">Groups of channels convolved apart.</param>
    /// <exception cref="ShapeException">See <see cref="Conv3DOp"/>.</exception>
    public Tensor Conv3D(Tensor weights, Size3D? stride = null, Padding3D padding = default, Size3D? dilation = null, int groups = 1) =>
        new Conv3DOp(new(stride ?? 1, padding, dilation ?? 1, groups)).On(this, weights);

    /// <summary>The largest value of each window of clips (N,D,H,W,C), per channel: (N,F,P,Q,C). Ties go to the first in row-major order; a NaN wins.</summary>
    /// <param name="window">Window depth, height and width.</param>
    /// <param name="stride">Elements between windows; the window's size when left out.</param>
    /// <param name="padding">Cells around the clips, which never win; none when left out. Each side is less than the window.</param>
    /// <exception cref="ShapeException">Padding holds a whole window, or the window is larger than the padded clip.</exception>
    /// <remarks>
    /// The largest of each frame's windows, then the largest of these along the depth: the same values as of whole windows, and, as both steps
    /// prefer the first of equals, the same cells that gradients flow to.
    /// </remarks>
    public Tensor MaxPool3D(Size3D window, Size3D? stride = null, Padding3D padding = default) => PoolClips(window, stride ?? window, padding, static g => new MaxPool2DOp(g));

    /// <summary>The mean of each window of clips (N,D,H,W,C), per channel: (N,F,P,Q,C).</summary>
    /// <param name="window">Window depth, height and width.</param>
    /// <param name="stride">Elements between windows; the window's size when left out.</param>
    /// <param name="padding">Cells around the clips, which are not counted; none when left out. Each side is less than the window.</param>
    /// <exception cref="ShapeException">Padding holds a whole window, or the window is larger than the padded clip.</exception>
    /// <remarks>The mean of each frame's windows, then the mean of these along the depth: each frame of a window has equally many cells.</remarks>
    public Tensor AvgPool3D(Size3D window, Size3D? stride = null, Padding3D padding = default) => PoolClips(window, stride ?? window, padding, static g => new AvgPool2DOp(g));

    private Tensor PoolClips(Size3D window, Size3D stride, Padding3D padding, Func<Pool2DGeometry, Op> pooling)
    {
        var (n, d, h, w, c) = Shape.Ndhwc;
        if (padding.Front < 0 || padding.Back < 0 || Math.Max(padding.Front, padding.Back) >= window.D)
            throw new ShapeException($"Pooling {this}: padding {padding} is negative or holds a whole {window} window. Pad by less than the window on each side.");
        if (window.D > d + padding.Front + padding.Back)
            throw new ShapeException($"Pooling {this}: window {window} is deeper than the {d} frames of a clip{(padding == default ? "" : $" with padding {padding}")}. Use a smaller window or longer clips.");

        // Within frames first: what the second step reads is smaller by that much.
        var frames = Reshape(new Shape(n * d, h, w, c));
        if (window.Frame != 1 || stride.Frame != 1)
            frames = pooling(new(window.Frame, stride.Frame, padding.Frame)).On(frames);
        var (p, q) = (frames.Shape[1], frames.Shape[2]);
        if (window.D == 1 && stride.D == 1) return frames.Reshape(new Shape(n, d, p, q, c));
        var columns = pooling(new((window.D, 1), (stride.D, 1), new(padding.Front, padding.Back, 0, 0))).On(frames.Reshape(new Shape(n, d, p * q, c)));
        return columns.Reshape(new Shape(n, columns.Shape[1], p, q, c));
    }
}
