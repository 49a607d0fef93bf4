using Forge.Core.Ops;

namespace Forge.Core;

// Images at another size, (N,H,W,C).
public sealed partial class Tensor
{
    /// <summary>Images (N,H,W,C) at another height and width: (N,P,Q,C).</summary>
    /// <param name="size">P and Q.</param>
    /// <param name="interpolation">How a pixel is made.</param>
    /// <param name="grid">Where pixels lie; Keras's rule when left out.</param>
    /// <exception cref="ShapeException">See <see cref="Resize2DOp"/>.</exception>
    public Tensor Resize2D(Size2D size, Interpolation interpolation = Interpolation.Bilinear, PixelGrid grid = PixelGrid.HalfPixel) =>
        Shape.Rank == 4 && (Shape[1], Shape[2]) == (size.H, size.W) && DType == DType.F32 ? this : new Resize2DOp(new(interpolation, grid), size).On(this);

    /// <summary>Channels to space: every pixel of (N,H,W,C·b²) becomes a square of b by b: (N,H·b,W·b,C).</summary>
    /// <param name="block">b.</param>
    /// <param name="channelsFirst">
    /// Whether a channel of the result has its b² values side by side, as PyTorch's PixelShuffle takes them; else pixels of the square have their C channels side by
    /// side, as TensorFlow's depth_to_space.
    /// </param>
    /// <exception cref="ShapeException">The tensor has no four axes, or its channels are no multiple of b².</exception>
    public Tensor DepthToSpace(int block, bool channelsFirst = false)
    {
        var (n, h, w, c) = Shape.Nhwc;
        if (block < 1 || c % Math.Max(1, block * block) != 0)
            throw new ShapeException($"DepthToSpace of {this}: {c} channels do not divide into squares of {block}x{block} pixels. Use a multiple of {block * block} channels.");
        var each = c / (block * block);
        var apart = channelsFirst
            ? Reshape(n, h, w, each, block, block).Transpose(0, 1, 4, 2, 5, 3)
            : Reshape(n, h, w, block, block, each).Transpose(0, 1, 3, 2, 4, 5);
        return apart.Reshape(n, h * block, w * block, each);
    }

    /// <summary>Space to channels, the inverse of <see cref="DepthToSpace"/>: every square of b by b pixels of (N,H·b,W·b,C) becomes one: (N,H,W,C·b²).</summary>
    /// <param name="block">b.</param>
    /// <param name="channelsFirst">The order of the channels, as there.</param>
    /// <exception cref="ShapeException">The tensor has no four axes, or its height or width is no multiple of b.</exception>
    public Tensor SpaceToDepth(int block, bool channelsFirst = false)
    {
        var (n, h, w, c) = Shape.Nhwc;
        if (block < 1 || h % Math.Max(1, block) != 0 || w % Math.Max(1, block) != 0)
            throw new ShapeException($"SpaceToDepth of {this}: {h}x{w} pixels do not divide into squares of {block}x{block}. Pad or crop to multiples of {block}.");
        var apart = Reshape(n, h / block, block, w / block, block, c);
        apart = channelsFirst ? apart.Transpose(0, 1, 3, 5, 2, 4) : apart.Transpose(0, 1, 3, 2, 4, 5);
        return apart.Reshape(n, h / block, w / block, c * block * block);
    }
}
