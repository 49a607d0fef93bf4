using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Conv3DOp"/>: an invocation per 4 pixels and 4 channels (portable), or what Conv2D has for tiles, matrix units and processors, built for clips.</summary>
internal sealed class Conv3DKernel : Kernel<Conv3DOp>
{
    private const string OfImages = "Conv2D";

    public override IEnumerable<Variant> Variants(Conv3DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (e, groups) = (Extents(op, inputs, outputs), op.Geometry.Groups);
        var others = (inputs[0].DType == DType.F32 ? Conv2DLane.Variants(e, op.Epilogue, gradient: false, limits) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128), Tile.Variants(limits, e.Pixels, e.OutputsOfGroup, groups)));
        return Conv3DExtents.OverClips(KernelOrder.WithMatrices(limits, OfImages, inputs[0].DType, e.Pixels, e.OutputsOfGroup, groups, others), OfImages);
    }

    protected override long LoopRounds(Conv3DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Extents(op, inputs, outputs).LoopRounds(variant, gradient: false);

    public override Variant? Tuned(
        Conv3DOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) => Conv2DLane.Tuned(e, op.Epilogue, gradient: false, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.Pixels, e.OutputsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv3DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (e, groups) = (Extents(op, inputs, outputs), op.Geometry.Groups);
        if (variant.Family == Family.Lane)
            return Conv2DLane.Plan(e, op.Epilogue, gradient: false, variant);
        if (variant.Family is Family.Tiled or Family.Coopmat)
            return Conv2DKernel.InTiles(variant, e, op.Epilogue, inputs[0].DType);

        var (ofGroup, tiles) = (Conv2DExtents.Quads(e.OutputsOfGroup), Conv2DExtents.Quads(e.Y[2]));
        var count = (long)e.Y[0] * e.Y[1] * tiles * groups * ofGroup;
        return new Dispatch(Grid.Linear(count, variant.Lanes), [.. e.Words, (uint)count, (uint)(groups * ofGroup), (uint)ofGroup, (uint)tiles], Conv2DKernel.Bindings(op.Epilogue),
            Constants: [variant.Lanes, .. EpilogueConstants.Of(op.Epilogue), OperandConstant.Of(inputs[0].DType)]);
    }

    private static Conv2DExtents Extents(Conv3DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Conv3DExtents.Of(op.Geometry, inputs[0].Shape, inputs[1].Shape, outputs[0].Shape);
}
