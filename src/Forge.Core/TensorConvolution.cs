using Forge.Core.Ops;

namespace Forge.Core;

public sealed partial class Tensor
{
    /// <summary>The matrix product of the last two axes; leading axes are batches and broadcast.</summary>
    /// <param name="other">f32 (…, K, N), or (…, N, K) with <paramref name="transposeOther"/>.</param>
    /// <param name="transposeThis">Whether this is (…, K, M) instead of (…, M, K).</param>
    /// <param name="transposeOther">Whether <paramref name="other"/> is stored transposed.</param>
    /// <returns>f32 (…, M, N).</returns>
    /// <exception cref="ShapeException">See <see cref="MatMulOp"/>.</exception>
    /// <remarks>A batch times one matrix is one product of all its rows, so that the matrix's gradient is one product too and not a sum of many.</remarks>
    public Tensor MatMul(Tensor other, bool transposeThis = false, bool transposeOther = false)
    {
        var op = new MatMulOp(transposeThis, transposeOther);
        if (transposeThis || Shape.Rank <= 2 || other.Shape.Rank != 2) return op.On(this, other);
        var rows = new Shape(Shape.Extents[..^1]);
        var y = op.On(Reshape(new Shape(rows.Count, Shape[-1])), other);
        return y.Reshape(new Shape([.. rows.Extents, y.Shape[-1]]));
    }

    /// <summary>Convolves images (N,H,W,C) with weights (KH,KW,C/groups,O), not flipped: (N,P,Q,O).</summary>
    /// <param name="weights">f32 (KH,KW,C/groups,O).</param>
    /// <param name="stride">Elements between windows; 1 when left out.</param>
    /// <param name="padding">Zeros around the images; none when left out. <see cref="Padding2D.Same"/> computes Keras's "same".</param>
    /// <param name="dilation">Elements between a window's taps; 1 when left out.</param>
    /// <param name="groups">Groups of channels convolved apart.</param>
    /// <exception cref="ShapeException">See <see cref="Conv2DOp"/>.</exception>
    public Tensor Conv2D(Tensor weights, Size2D? stride = null, Padding2D padding = default, Size2D? dilation = null, int groups = 1) =>
        new Conv2DOp(new(stride ?? 1, padding, dilation ?? 1, groups)).On(this, weights);

    /// <summary>A transposed convolution: images (N,H,W,C) whose convolution with these weights would have this tensor's shape. The VJP of <see cref="Conv2D"/> to its images.</summary>
    /// <param name="weights">f32 (KH,KW,C/groups,O) for this tensor of O channels: Keras's Conv2DTranspose has this order, (height, width, out, in).</param>
    /// <param name="size">Height and width of the result: with a stride above 1 several convolve to one size.</param>
    /// <param name="stride">Elements between windows on the result; 1 when left out.</param>
    /// <param name="padding">Rows and columns around the result that are left out of it; none when left out.</param>
    /// <param name="dilation">Elements between a window's taps; 1 when left out.</param>
    /// <param name="groups">Groups of channels convolved apart.</param>
    /// <exception cref="ShapeException">See <see cref="Conv2DInputGradientOp"/>.</exception>
    public Tensor Conv2DTranspose(Tensor weights, Size2D size, Size2D? stride = null, Padding2D padding = default, Size2D? dilation = null, int groups = 1) =>
        new Conv2DInputGradientOp(new(stride ?? 1, padding, dilation ?? 1, groups), size).On(this, weights);

    /// <summary>The largest value of each window of images (N,H,W,C), per channel: (N,P,Q,C).</summary>
    /// <param name="window">Window height and width.</param>
    /// <param name="stride">Elements between windows; the window's size when left out.</param>
    /// <param name="padding">Cells around the images, which never win; none when left out.</param>
    /// <exception cref="ShapeException">See <see cref="MaxPool2DOp"/>.</exception>
    public Tensor MaxPool2D(Size2D window, Size2D? stride = null, Padding2D padding = default) =>
        new MaxPool2DOp(new(window, stride ?? window, padding)).On(this);

    /// <summary>The mean of each window of images (N,H,W,C), per channel: (N,P,Q,C).</summary>
    /// <param name="window">Window height and width.</param>
    /// <param name="stride">Elements between windows; the window's size when left out.</param>
    /// <param name="padding">Cells around the images, which are not counted; none when left out.</param>
    /// <exception cref="ShapeException">See <see cref="AvgPool2DOp"/>.</exception>
    public Tensor AvgPool2D(Size2D window, Size2D? stride = null, Padding2D padding = default) =>
        new AvgPool2DOp(new(window, stride ?? window, padding)).On(this);
}
