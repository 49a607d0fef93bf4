using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>What the kernels of resizing share: four channels at a time where they allow it, and the push block of shaders/include/resize.glsl; or ResizeLanes'.</summary>
/// <typeparam name="TOp">The op.</typeparam>
/// <param name="gradient">Whether what is computed has the shape of the images before.</param>
internal abstract class ResizeKernel<TOp>(bool gradient) : Kernel<TOp> where TOp : Op
{
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (width, images) = (Width(outputs[0]), Of(op, inputs, outputs));
        return ResizeLanes.Variants(images, limits).Concat(EachUnit.Variants(outputs[0].Count / width, limits, [images.Blends ? 1u : 0u], [("WIDTH", $"{width}")], isWide: width == 4));
    }

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (images, output) = (Of(op, inputs, outputs), outputs[0]);
        if (variant.Family == Family.Lane) return ResizeLanes.Over(images, variant);
        var (x, y, rows, columns) = (images.X, images.Y, images.Rows, images.Columns);
        var (units, channels) = (output.Count / Width(output), x[3] / Width(output));
        return new Dispatch(EachUnit.Grid(variant, units),
            [
                (uint)units, (uint)x[1], (uint)x[2], (uint)channels, (uint)y[1], (uint)y[2],
                (uint)rows.Slope, (uint)rows.Offset, (uint)rows.Unit, (uint)columns.Slope, (uint)columns.Offset, (uint)columns.Unit,
                .. Divisor.Words(channels, output.Shape[1], output.Shape[2], rows.Unit, columns.Unit, rows.Slope, columns.Slope),
            ]);
    }

    /// <summary>The op's geometry.</summary>
    private protected abstract Resize2DGeometry GeometryOf(TOp op);

    private ResizedImages Of(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var ((x, y), geometry) = (gradient ? (outputs[0].Shape, inputs[0].Shape) : (inputs[0].Shape, outputs[0].Shape), GeometryOf(op));
        return new(x, y, geometry.Axis(op, [], x[1], y[1]), geometry.Axis(op, [], x[2], y[2]), geometry.Interpolation == Interpolation.Bilinear, gradient);
    }

    private static int Width(TensorType output) => output.Shape[3] % 4 == 0 ? 4 : 1;
}

/// <summary>Images that are resized, as the kernels see them.</summary>
/// <param name="X">The images before.</param>
/// <param name="Y">And after.</param>
/// <param name="Rows">Where the rows of y lie among those of x.</param>
/// <param name="Columns">The same of columns.</param>
/// <param name="Blends">Whether two rows and columns make a pixel, or one.</param>
/// <param name="IsGradient">Whether what is computed has x's shape.</param>
internal readonly record struct ResizedImages(Shape X, Shape Y, ResizedAxis Rows, ResizedAxis Columns, bool Blends, bool IsGradient)
{
    /// <summary>The shape of what is computed.</summary>
    public Shape Result => IsGradient ? X : Y;
}
