using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Layers;

/// <summary>Images higher and wider by whole factors: x (n,H,W,C) → y (n, H·h, W·w, C).</summary>
/// <remarks>Keras's layer; PyTorch's Upsample(scale_factor) is it too, and its align_corners=True is <see cref="PixelGrid.AlignCorners"/>.</remarks>
/// <param name="size">The factors of height and width; 2 when left out.</param>
/// <param name="interpolation">Whether pixels are repeated, as by default, or blended.</param>
/// <param name="grid">Where pixels lie.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class UpSampling2D(Size2D? size = null, Interpolation interpolation = Interpolation.Nearest, PixelGrid grid = PixelGrid.HalfPixel, string? name = null) : Layer(name)
{
    private readonly Size2D _size = size ?? 2;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        ResizedImages.Check(Name, input, interpolation, grid);
        return (input[0] * _size.H, input[1] * _size.W, input[2]);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Resize2D((x.Shape[1] * _size.H, x.Shape[2] * _size.W), interpolation, grid);
}

/// <summary>Images at a given height and width: x (n,H,W,C) → y (n, height, width, C).</summary>
/// <remarks>Keras's layer, of images that are f32 already; nothing is cropped and nothing padded. Gradients flow through it.</remarks>
/// <param name="height">Rows of the result.</param>
/// <param name="width">Columns of the result.</param>
/// <param name="interpolation">Whether pixels are blended, as by default, or the nearest is taken.</param>
/// <param name="grid">Where pixels lie.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Resizing(int height, int width, Interpolation interpolation = Interpolation.Bilinear, PixelGrid grid = PixelGrid.HalfPixel, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        ResizedImages.Check(Name, input, interpolation, grid);
        if (height < 1 || width < 1) throw new ShapeException($"Layer '{Name}': {height}x{width} pixels; there must be at least one row and column.");
        return (height, width, input[2]);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.Resize2D((height, width), interpolation, grid);
}

/// <summary>Channels to space: each pixel becomes a square of pixels, x (n,H,W,C·b²) → y (n,H·b,W·b,C).</summary>
/// <param name="block">b, the side of a square.</param>
/// <param name="channelsFirst">Whether the b² values of a channel of the result lie side by side in x, as in PyTorch; else the C channels of a pixel do, as in TensorFlow's depth_to_space.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class PixelShuffle(int block, bool channelsFirst = false, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 3) throw Windows.NoImage(Name, input);
        if (block < 1 || input[2] % Math.Max(1, block * block) != 0)
            throw new ShapeException($"Layer '{Name}': {input[2]} channels do not divide into squares of {block}x{block} pixels. Give it a multiple of {block * block} channels.");
        return (input[0] * block, input[1] * block, input[2] / (block * block));
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.DepthToSpace(block, channelsFirst);
}

/// <summary>Space to channels, the inverse of <see cref="PixelShuffle"/>: x (n,H·b,W·b,C) → y (n,H,W,C·b²).</summary>
/// <param name="block">b, the side of a square.</param>
/// <param name="channelsFirst">The order of the channels, as there.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class PixelUnshuffle(int block, bool channelsFirst = false, string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 3) throw Windows.NoImage(Name, input);
        if (block < 1 || input[0] % Math.Max(1, block) != 0 || input[1] % Math.Max(1, block) != 0)
            throw new ShapeException($"Layer '{Name}': {input[0]}x{input[1]} pixels do not divide into squares of {block}x{block}. Pad or crop the images to multiples of {block}.");
        return (input[0] / block, input[1] / block, input[2] * block * block);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.SpaceToDepth(block, channelsFirst);
}

/// <summary>What layers that resize images demand of them.</summary>
internal static class ResizedImages
{
    public static void Check(string layer, Shape input, Interpolation interpolation, PixelGrid grid)
    {
        if (input.Rank != 3) throw Windows.NoImage(layer, input);
        if (interpolation == Interpolation.Nearest && grid == PixelGrid.AlignCorners)
            throw new ShapeException($"Layer '{layer}': nearest pixels have no corners to align. Use bilinear interpolation, or another grid.");
    }
}
