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
        var (width, (x, y)) = (Width(outputs[0]), Sizes(inputs, outputs));
        return ResizeLanes.Variants(GeometryOf(op), x, y, gradient, limits).Concat(
            EachUnit.Variants(outputs[0].Count / width, limits, [GeometryOf(op).Interpolation == Interpolation.Bilinear ? 1u : 0u], [("WIDTH", $"{width}")], isWide: width == 4));
    }

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var ((x, y), geometry, output) = (Sizes(inputs, outputs), GeometryOf(op), outputs[0]);
        if (variant.Family == Family.Lane) return ResizeLanes.Over(geometry, x, y, gradient, variant);
        var (rows, columns) = (geometry.Axis(op, [], x[1], y[1]), geometry.Axis(op, [], x[2], y[2]));
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

    // The images before and after.
    private (Shape X, Shape Y) Sizes(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        gradient ? (outputs[0].Shape, inputs[0].Shape) : (inputs[0].Shape, outputs[0].Shape);

    private static int Width(TensorType output) => output.Shape[3] % 4 == 0 ? 4 : 1;
}
