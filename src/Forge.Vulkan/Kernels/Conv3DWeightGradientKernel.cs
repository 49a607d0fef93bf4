using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Conv3DWeightGradientOp"/> in slices of the pixels, as <see cref="Conv2DWeightGradientKernel"/> does: an invocation per 4 by 4 weights (portable), or what Conv2D has, built for clips.</summary>
internal sealed class Conv3DWeightGradientKernel : Kernel<Conv3DWeightGradientOp>
{
    private const string OfImages = "Conv2DWeightGradient";

    public override IEnumerable<Variant> Variants(Conv3DWeightGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Variants;
        var e = Extents(op, inputs, outputs);
        var (rows, groups) = (e.Taps * e.ChannelsOfGroup, op.Geometry.Groups);
        var others = (inputs[0].DType == DType.F32 ? Conv2DWeightGradientLane.Variants(e, op.WithBiasGradient, limits) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128),
                Tile.Variants(limits, rows, e.OutputsOfGroup, groups).OrderBy(v => Tile.Of(v) is var t && (t.N > e.OutputsOfGroup || t.M > rows))));
        return Conv3DExtents.OverClips(op.WithBiasGradient ? others
            : KernelOrder.WithMatrices(limits, OfImages, inputs[0].DType, rows, e.OutputsOfGroup, groups, others), OfImages);
    }

    public override Variant? Tuned(
        Conv3DWeightGradientOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) => Conv2DWeightGradientLane.Tuned(e, op.WithBiasGradient, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.Taps * e.ChannelsOfGroup, e.OutputsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv3DWeightGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Plan(inputs, outputs);
        var e = Extents(op, inputs, outputs);
        return variant.Family == Family.Lane
            ? Conv2DWeightGradientLane.Plan(e, op.WithBiasGradient, variant)
            : Conv2DWeightGradientKernel.InSlices(variant, e, op.WithBiasGradient, inputs[0].DType, outputs);
    }

    private static Conv2DExtents Extents(Conv3DWeightGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Conv3DExtents.Of(op.Geometry, inputs[0].Shape, outputs[0].Shape, inputs[1].Shape);
}
