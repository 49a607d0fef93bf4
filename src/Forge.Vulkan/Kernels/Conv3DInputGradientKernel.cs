using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Conv3DInputGradientOp"/>: every output gathers, an invocation per 4 pixels and 4 channels (portable), or what Conv2D has, built for clips.</summary>
internal sealed class Conv3DInputGradientKernel : Kernel<Conv3DInputGradientOp>
{
    private const string OfImages = "Conv2DInputGradient";

    public override IEnumerable<Variant> Variants(Conv3DInputGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (e, groups) = (Extents(op, inputs, outputs), op.Geometry.Groups);
        var others = (inputs[0].DType == DType.F32 && op.Geometry.Stride == 1 ? Conv2DLane.Variants(e, default, gradient: true, limits) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128), Tile.Variants(limits, e.PixelsOfX, e.ChannelsOfGroup, groups)));
        return Conv3DExtents.OverClips(KernelOrder.WithMatrices(limits, OfImages, inputs[0].DType, e.PixelsOfX, e.ChannelsOfGroup, groups, others), OfImages);
    }

    protected override long LoopRounds(Conv3DInputGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Extents(op, inputs, outputs).LoopRounds(variant, gradient: true);

    public override Variant? Tuned(
        Conv3DInputGradientOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) => Conv2DLane.Tuned(e, default, gradient: true, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.PixelsOfX, e.ChannelsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv3DInputGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (e, groups, stride) = (Extents(op, inputs, outputs), op.Geometry.Groups, op.Geometry.Stride);
        if (variant.Family == Family.Lane)
            return Conv2DLane.Plan(e, default, gradient: true, variant);
        if (variant.Family is Family.Tiled or Family.Coopmat)
            return Conv2DInputGradientKernel.InTiles(variant, e, inputs[0].DType);

        var (ofGroup, tiles) = (Conv2DExtents.Quads(e.ChannelsOfGroup), Conv2DExtents.Quads(e.X[2]));
        var count = (long)e.X[0] * e.X[1] * tiles * groups * ofGroup;
        return new Dispatch(Grid.Linear(count, variant.Lanes), [.. e.Words, (uint)count, (uint)(groups * ofGroup), (uint)ofGroup, (uint)tiles, .. Divisor.Words(stride.H, stride.W)],
            Constants: [variant.Lanes, OperandConstant.Of(inputs[0].DType)]);
    }

    private static Conv2DExtents Extents(Conv3DInputGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Conv3DExtents.Of(op.Geometry, outputs[0].Shape, inputs[1].Shape, inputs[0].Shape);
}
