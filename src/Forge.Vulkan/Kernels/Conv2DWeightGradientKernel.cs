using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// Runs <see cref="Conv2DWeightGradientOp"/>: a few outputs are each a sum over all pixels, so the pixels are cut into slices that are
/// summed side by side, and a second dispatch adds the slices in their order. Slices depend on shapes and variant alone: the same bits every time.
/// </summary>
internal sealed class Conv2DWeightGradientKernel : Kernel<Conv2DWeightGradientOp>
{
    // Invocations and workgroups that keep the widest devices busy.
    private const long PlentyOfInvocations = 8192, PlentyOfWorkgroups = 512;

    // Pixels summed one after the other in fp32 at most, so that rounding stays small, and elements of all parts together.
    private const long LongestSum = 16384, MostElements = 1 << 24;

    public override IEnumerable<Variant> Variants(Conv2DWeightGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Variants;
        var e = Extents(op, inputs, outputs);
        var (rows, groups) = (e.Taps * e.ChannelsOfGroup, op.Geometry.Groups);
        // Slices make up for few tiles, so the largest tile is the first guess unless the product is smaller.
        // Where a vector of channels or of single products is whole, it comes before one of outputs.
        var others = (inputs[0].DType == DType.F32 ? Conv2DWeightGradientDepthwise.Variants(op, e, limits).Concat(Conv2DWeightGradientChannels.Variants(e, op.WithBiasGradient, limits))
                .Concat(Conv2DWeightGradientLane.Variants(e, op.WithBiasGradient, limits)) : [])
            .Concat(KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128),
            Tile.Variants(limits, rows, e.OutputsOfGroup, groups).OrderBy(v => Tile.Of(v) is var t && (t.N > e.OutputsOfGroup || t.M > rows))));
        return op.WithBiasGradient ? others
            : KernelOrder.WithMatrices(limits, Stem, inputs[0].DType, rows, e.OutputsOfGroup, groups, others);
    }

    public override Variant? Tuned(
        Conv2DWeightGradientOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (variant.Family, Extents(op, inputs, outputs)) switch
        {
            (Family.Lane, var e) when !Conv2DWeightGradientDepthwise.Makes(variant) && !Conv2DWeightGradientChannels.Makes(variant) => Conv2DWeightGradientLane.Tuned(e, op.WithBiasGradient, variant, settings),
            (Family.Tiled, var e) => Tile.Tuned(variant, settings, limits, e.Taps * e.ChannelsOfGroup, e.OutputsOfGroup),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(Conv2DWeightGradientOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Plan(inputs, outputs);
        var e = Extents(op, inputs, outputs);
        if (Conv2DWeightGradientDepthwise.Makes(variant))
            return Conv2DWeightGradientDepthwise.Plan(op, e, variant);
        if (Conv2DWeightGradientChannels.Makes(variant))
            return Conv2DWeightGradientChannels.Plan(e, op.WithBiasGradient, variant);
        return variant.Family == Family.Lane
            ? Conv2DWeightGradientLane.Plan(e, op.WithBiasGradient, variant)
            : InSlices(variant, e, op.WithBiasGradient, inputs[0].DType, outputs);
    }

    /// <summary>What a portable, tiled or coopmat variant dispatches, for images and for clips.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="e">The sizes.</param>
    /// <param name="withBias">Whether the second output is the bias's gradient.</param>
    /// <param name="factors">The type of x and dy.</param>
    /// <param name="outputs">Types of the outputs.</param>
    internal static KernelPlan InSlices(Variant variant, Conv2DExtents e, bool withBias, DType factors, IReadOnlyList<TensorType> outputs)
    {
        var (size, operands) = (outputs.Sum(o => o.Count), OperandConstant.Of(factors));
        var (slices, dispatch) = variant.Family is Family.Tiled or Family.Coopmat ? Tiled(withBias, variant, e, size, operands) : Portable(withBias, variant, e, size, operands);
        if (slices == 1 && !withBias)
            return dispatch with { Bindings = [Slot.Input(0), Slot.Input(1), Slot.Output(0)] };
        var sum = new Dispatch(Grid.Linear(size, variant.Lanes), [(uint)size, (uint)outputs[0].Count, (uint)slices],
            [Slot.Scratch(0, written: false), Slot.Output(0), withBias ? Slot.Output(1) : Slot.Output(0, written: false)],
            Shader: "Conv2DWeightGradient.sum.comp", Constants: [variant.Lanes], Defines: []);
        return new([dispatch, sum], [4L * slices * size]);
    }

    private static (int Slices, Dispatch Dispatch) Portable(bool withBias, Variant variant, Conv2DExtents e, int size, uint operands)
    {
        var (blocksO, blocksC, groups, rows) = (Conv2DExtents.Quads(e.OutputsOfGroup), Conv2DExtents.Quads(e.ChannelsOfGroup), e.Geometry.Groups, e.Y[0] * e.Y[1]);
        var blocks = (long)e.Taps * groups * blocksC * blocksO;
        var (slices, rowsOfSlice) = Slices(rows, Math.Min(Math.Max(PlentyOfInvocations / Math.Max(1, blocks), e.Pixels / LongestSum), Grid.MaxPerAxis), unit: 1, size);
        return (slices, new Dispatch(Grid.Linear(blocks, variant.Lanes) with { Z = (uint)slices },
            [
                .. e.Words, (uint)blocks, (uint)rows, (uint)rowsOfSlice, (uint)size, (uint)groups,
                .. e.Steps is { } s ? Divisor.Words(e.Y[1], s.F) : Divisor.Words(blocksO, blocksC, groups, e.W[1], e.Y[1], e.Geometry.Stride.W),
            ],
            [Slot.Input(0), Slot.Input(1), Slot.Scratch(0)], Constants: [variant.Lanes, withBias ? 1u : 0, operands]));
    }

    private static (int Slices, Dispatch Dispatch) Tiled(bool withBias, Variant variant, Conv2DExtents e, int size, uint operands)
    {
        var (tile, rows, groups) = (Tile.Of(variant), e.Taps * e.ChannelsOfGroup, e.Geometry.Groups);
        var wanted = Math.Max(PlentyOfWorkgroups / Math.Max(1, tile.Workgroups(rows, e.OutputsOfGroup) * groups), e.Pixels / LongestSum);
        var (slices, pixelsOfSlice) = Slices(e.Pixels, Math.Min(wanted, Math.Min(e.Pixels / (8 * Tile.Depth), Grid.MaxPerAxis / groups)), Tile.Depth, size);
        return (slices, new Dispatch(tile.GridOf(rows, e.OutputsOfGroup, (long)slices * groups),
            [
                .. e.Words, (uint)rows, (uint)e.Pixels, (uint)pixelsOfSlice, (uint)size, (uint)groups,
                .. Divisor.Words(e.Y[1], e.Y[2], e.ChannelsOfGroup, e.W[1]),
            ],
            [Slot.Input(0), Slot.Input(1), Slot.Scratch(0)],
            Constants: Tile.Constants(variant, Conv2DExtents.Wide(e.ChannelsOfGroup), Conv2DExtents.Wide(e.OutputsOfGroup), withBias ? 1u : 0, operands)));
    }

    // Cuts a length into about as many slices as wanted, each a multiple of the unit long but perhaps the last; at least one.
    private static (int Slices, int Length) Slices(int length, long wanted, int unit, int size)
    {
        var slices = Math.Clamp(wanted, 1, Math.Max(1, MostElements / Math.Max(1, size)));
        var each = (int)Math.Max(1, ((length + slices - 1) / slices + unit - 1) / unit * unit);
        return (Math.Max(1, (length + each - 1) / each), each);
    }

    private static Conv2DExtents Extents(Conv2DWeightGradientOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(op.Geometry, inputs[0].Shape, outputs[0].Shape, inputs[1].Shape);
}
