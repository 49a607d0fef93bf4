using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Conv2DInputGradientOp"/>: every output gathers, an invocation per 4 pixels and 4 channels (portable) a workgroup per tile (tiled), or Conv2DLane's.</summary>
internal sealed class Conv2DInputGradientKernel : Kernel<Conv2DInputGradientOp>
{
    public override IEnumerable<Variant> Variants(Conv2DInputGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var e = Extents(op, inputs, outputs);
        var others = (inputs[0].DType == DType.F32 ? Kernels.Conv2DLane.Variants(e, default, gradient: true, limits).Concat(Conv2DDots.Variants(e, default, gradient: true, limits))
                .Concat(Conv2DDepthwise.Variants(e, default, gradient: true, limits)) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128), Tile.Variants(limits, e.PixelsOfX, e.ChannelsOfGroup, op.Geometry.Groups)));
        return KernelOrder.WithMatrices(limits, Stem, inputs[0].DType, e.PixelsOfX, e.ChannelsOfGroup, op.Geometry.Groups, others);
    }

    protected override long LoopRounds(Conv2DInputGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Extents(op, inputs, outputs).LoopRounds(variant, gradient: true);

    public override Variant? Tuned(
        Conv2DInputGradientOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) when !Conv2DDots.Makes(variant) && variant.Name != Conv2DDepthwise.Name => Kernels.Conv2DLane.Tuned(e, default, gradient: true, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.PixelsOfX, e.ChannelsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv2DInputGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (e, groups, stride) = (Extents(op, inputs, outputs), op.Geometry.Groups, op.Geometry.Stride);
        if (Conv2DDots.Makes(variant))
            return Conv2DDots.Plan(e, default, gradient: true, variant);
        if (variant.Name == Conv2DDepthwise.Name)
            return Conv2DDepthwise.Plan(e, default, gradient: true);
        if (variant.Family == Family.Lane)
            return Kernels.Conv2DLane.Plan(e, default, gradient: true, variant);
        if (variant.Family is Family.Tiled or Family.Coopmat)
            return InTiles(variant, e, inputs[0].DType);

        var (ofGroup, tiles) = (Conv2DExtents.Quads(e.ChannelsOfGroup), Conv2DExtents.Quads(e.X[2]));
        var count = (long)e.X[0] * e.X[1] * tiles * groups * ofGroup;
        return new Dispatch(Grid.Linear(count, variant.Lanes),
            [
                .. e.Words, (uint)count, (uint)(groups * ofGroup), (uint)ofGroup, (uint)tiles,
                .. Divisor.Words(groups * ofGroup, ofGroup, tiles, e.X[1], stride.H, stride.W),
            ], Constants: [variant.Lanes, OperandConstant.Of(inputs[0].DType)]);
    }

    /// <summary>What a kernel of tiles dispatches.</summary>
    /// <param name="variant">One of <see cref="Tile"/>'s.</param>
    /// <param name="e">The sizes.</param>
    /// <param name="factors">The type of dy and w.</param>
    internal static Dispatch InTiles(Variant variant, Conv2DExtents e, DType factors) =>
        new(Tile.Of(variant).GridOf(e.PixelsOfX, e.ChannelsOfGroup, e.Geometry.Groups),
            [
                .. e.Words, (uint)e.PixelsOfX, (uint)(e.Taps * e.OutputsOfGroup),
                .. Divisor.Words(e.X[1], e.X[2], e.OutputsOfGroup, e.W[1], e.Geometry.Stride.H, e.Geometry.Stride.W),
            ],
            Constants: Tile.Constants(variant, Conv2DExtents.Wide(e.OutputsOfGroup), Conv2DExtents.Wide(e.ChannelsOfGroup), OperandConstant.Of(factors)));

    private static Conv2DExtents Extents(Conv2DInputGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(op.Geometry, outputs[0].Shape, inputs[1].Shape, inputs[0].Shape);
}
