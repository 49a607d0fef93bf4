using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>What the kernels of resizing share: four channels at a time where they allow it, and the push block of shaders/include/resize.glsl.</summary>
/// <typeparam name="TOp">The op.</typeparam>
internal abstract class ResizeKernel<TOp> : Kernel<TOp> where TOp : Op
{
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var width = Width(outputs[0]);
        return EachUnit.Variants(outputs[0].Count / width, limits, [GeometryOf(op).Interpolation == Interpolation.Bilinear ? 1u : 0u], [("WIDTH", $"{width}")], isWide: width == 4);
    }

    /// <summary>The op's geometry.</summary>
    private protected abstract Resize2DGeometry GeometryOf(TOp op);

    /// <summary>The dispatch over the pixels of the output.</summary>
    private protected Dispatch Over(TOp op, Variant variant, Shape x, Shape y, TensorType output)
    {
        var (rows, columns) = (GeometryOf(op).Axis(op, [], x[1], y[1]), GeometryOf(op).Axis(op, [], x[2], y[2]));
        var (units, channels) = (output.Count / Width(output), x[3] / Width(output));
        return new Dispatch(EachUnit.Grid(variant, units),
            [
                (uint)units, (uint)x[1], (uint)x[2], (uint)channels, (uint)y[1], (uint)y[2],
                (uint)rows.Slope, (uint)rows.Offset, (uint)rows.Unit, (uint)columns.Slope, (uint)columns.Offset, (uint)columns.Unit,
                .. Divisor.Words(channels, output.Shape[1], output.Shape[2], rows.Unit, columns.Unit, rows.Slope, columns.Slope),
            ]);
    }

    private static int Width(TensorType output) => output.Shape[3] % 4 == 0 ? 4 : 1;
}
