using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="Conv2DOp"/>: an invocation per 4 pixels and 4 channels (portable), a workgroup per tile of pixels and channels (tiled), with its matrix units (coopmat), or Conv2DLane's.</summary>
internal sealed class Conv2DKernel : Kernel<Conv2DOp>
{
    public override IEnumerable<Variant> Variants(Conv2DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var e = Extents(op, inputs, outputs);
        var others = (inputs[0].DType == DType.F32 ? Kernels.Conv2DLane.Variants(e, op.Epilogue, gradient: false, limits).Concat(Conv2DDots.Variants(e, op.Epilogue, gradient: false, limits))
                .Concat(Conv2DDepthwise.Variants(e, op.Epilogue, gradient: false, limits)) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128), Tile.Variants(limits, e.Pixels, e.OutputsOfGroup, op.Geometry.Groups)));
        return KernelOrder.WithMatrices(limits, Stem, inputs[0].DType, e.Pixels, e.OutputsOfGroup, op.Geometry.Groups, others);
    }

    protected override long LoopRounds(Conv2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Extents(op, inputs, outputs).LoopRounds(variant, gradient: false);

    public override Variant? Tuned(
        Conv2DOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) when !Conv2DDots.Makes(variant) && variant.Name != Conv2DDepthwise.Name => Conv2DLane.Tuned(e, op.Epilogue, gradient: false, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.Pixels, e.OutputsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv2DOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (e, groups) = (Extents(op, inputs, outputs), op.Geometry.Groups);
        if (Conv2DDots.Makes(variant))
            return Conv2DDots.Plan(e, op.Epilogue, gradient: false, variant);
        if (variant.Name == Conv2DDepthwise.Name)
            return Conv2DDepthwise.Plan(e, op.Epilogue, gradient: false);
        if (variant.Family == Family.Lane)
            return Kernels.Conv2DLane.Plan(e, op.Epilogue, gradient: false, variant);
        if (variant.Family is Family.Tiled or Family.Coopmat)
            return InTiles(variant, e, op.Epilogue, inputs[0].DType);

        var (ofGroup, tiles) = (Conv2DExtents.Quads(e.OutputsOfGroup), Conv2DExtents.Quads(e.Y[2]));
        var count = (long)e.Y[0] * e.Y[1] * tiles * groups * ofGroup;
        return new Dispatch(Grid.Linear(count, variant.Lanes),
            [.. e.Words, (uint)count, (uint)(groups * ofGroup), (uint)ofGroup, (uint)tiles, .. Divisor.Words(groups * ofGroup, ofGroup, tiles, e.Y[1])], Bindings(op.Epilogue),
            Constants: [variant.Lanes, .. EpilogueConstants.Of(op.Epilogue), OperandConstant.Of(inputs[0].DType)]);
    }

    /// <summary>What a kernel of tiles dispatches.</summary>
    /// <param name="variant">One of <see cref="Tile"/>'s.</param>
    /// <param name="e">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="factors">The type of x and w.</param>
    internal static Dispatch InTiles(Variant variant, Conv2DExtents e, Epilogue epilogue, DType factors) =>
        new(Tile.Of(variant).GridOf(e.Pixels, e.OutputsOfGroup, e.Geometry.Groups),
            [.. e.Words, (uint)e.Pixels, (uint)(e.Taps * e.ChannelsOfGroup), .. Divisor.Words(e.Y[1], e.Y[2], e.ChannelsOfGroup, e.W[1])], Bindings(epilogue),
            Constants: Tile.Constants(variant, [Conv2DExtents.Wide(e.ChannelsOfGroup), Conv2DExtents.Wide(e.OutputsOfGroup), .. EpilogueConstants.Of(epilogue), OperandConstant.Of(factors)]));

    /// <summary>x, w, bias, y; without a bias any buffer is bound in its place.</summary>
    internal static Slot[] Bindings(Epilogue epilogue) => [Slot.Input(0), Slot.Input(1), Slot.Input(epilogue.HasBias ? 2 : 1), Slot.Output(0)];

    private static Conv2DExtents Extents(Conv2DOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(op.Geometry, inputs[0].Shape, inputs[1].Shape, outputs[0].Shape);
}
