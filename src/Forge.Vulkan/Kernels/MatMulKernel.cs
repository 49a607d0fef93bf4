using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="MatMulOp"/>: an invocation per 4x4 outputs (portable), a workgroup per tile through shared memory (tiled), with matrix units (coopmat: MatrixTile, WorkgroupTile), or MatMulLane's.</summary>
internal sealed class MatMulKernel : Kernel<MatMulOp>
{
    public override IEnumerable<Variant> Variants(MatMulOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Variants;
        var y = outputs[0].Shape;
        var batches = MatMulBatches.Of(inputs[0].Shape, inputs[1].Shape, y);
        var products = batches[0].Count;
        // Small products only, as the pass that makes gates has it.
        if (op.Epilogue.IsGated) return KernelOrder.Portable(limits, 64, 128);
        var lanes = Kernels.MatMulLane.Variants(op, inputs, outputs, limits);
        var tiles = KernelOrder.TilesFirst(limits, KernelOrder.Portable(limits, 64, 128), Tile.Variants(limits, y[-2], y[-1], products));
        // One portable dispatch ends before the two or three of the lane form would.
        var others = op.Cost(inputs, outputs).Flops <= MatMulOp.SmallFlops ? tiles.Concat(lanes) : lanes.Concat(tiles);
        return op.WithColumnSums ? others
            : KernelOrder.WithMatrices(limits, Stem, inputs[0].DType, y[-2], y[-1], products, others)
                .Concat(WorkgroupTile.OfTensors(limits, inputs[0].DType, y[-2], y[-1], op.Extents(inputs[0].Shape, inputs[1].Shape).K, batches));
    }

    protected override long LoopRounds(MatMulOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Portable && !SumsAlone.AreLeft(outputs) ? op.Extents(inputs[0].Shape, inputs[1].Shape).K + 32L : 0;

    public override Variant? Tuned(
        MatMulOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        variant.Family switch
        {
            Family.Lane => Kernels.MatMulLane.Tuned(op, variant, settings, inputs, outputs),
            Family.Tiled => Tile.Tuned(variant, settings, limits, outputs[0].Shape[-2], outputs[0].Shape[-1]),
            _ => base.Tuned(op, variant, settings, inputs, outputs, limits),
        };

    public override KernelPlan Plan(MatMulOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        if (SumsAlone.AreLeft(outputs)) return SumsAlone.Plan(inputs, outputs);
        if (variant.Family == Family.Lane)
            return Kernels.MatMulLane.Plan(op, variant, inputs, outputs);
        var (a, b) = (inputs[0].Shape, inputs[1].Shape);
        var (m, n, k) = op.Extents(a, b);
        // Elements between rows of a, terms of a row, terms of a column of b, columns of b.
        uint[] strides = [(uint)(op.TransposeA ? 1 : k), (uint)(op.TransposeA ? m : 1), (uint)(op.TransposeB ? 1 : n), (uint)(op.TransposeB ? k : 1)];
        Slot[] bindings =
        [
            Slot.Input(0), Slot.Input(1), Slot.Input(op.Epilogue.HasBias ? 2 : 1), Slot.Output(0),
            op.WithColumnSums ? Slot.Output(1) : Slot.Output(0, written: false),
        ];
        var ofTensors = WorkgroupTile.IsOfTensors(variant);
        var vector = ofTensors ? 8 : 4;
        Slot[] portableBindings = [.. bindings, Slot.Input(op.Epilogue.IsGated ? inputs.Count - 1 : 0)];
        return new([.. MatMulBatches.Of(a, b, outputs[0].Shape).Select(batches => variant.Family is Family.Tiled or Family.Coopmat ? Tiled(batches) : Portable(batches))]);

        Dispatch Portable(MatMulBatches batches)
        {
            var (tilesM, tilesN) = ((m + 3) / 4, (n + 3) / 4);
            var count = (long)batches.Count * tilesM * tilesN;
            return new(Grid.Linear(count, variant.Lanes),
                [(uint)count, (uint)m, (uint)n, (uint)k, .. strides, (uint)tilesN, (uint)tilesM, .. batches.Words, .. Divisor.Words(tilesN, tilesM, batches.Inner)],
                portableBindings, Constants: [variant.Lanes, .. EpilogueConstants.Of(op.Epilogue), op.WithColumnSums ? 1u : 0, OperandConstant.Of(inputs[0].DType), op.Epilogue.IsGated ? 1u : 0]);
        }

        Dispatch Tiled(MatMulBatches batches) =>
            new(Tile.Of(variant).GridOf(m, n, batches.Count),
                [(uint)m, (uint)n, (uint)k, .. strides, .. batches.Words, .. Divisor.Words(batches.Inner)],
                ofTensors ? bindings[..4] : bindings, Constants: Tile.Constants(variant,
                [
                    op.WithColumnSums ? 1u : 0, op.TransposeA ? 0u : 1, op.TransposeB ? 1u : 0,
                    Wide(a[-1], vector), Wide(b[-1], vector), Wide(n, 4), .. EpilogueConstants.Of(op.Epilogue), OperandConstant.Of(inputs[0].DType),
                ]));
    }

    // Rows of whole quads (vectors of 16 bytes): every one then lies on 16 bytes.
    private static uint Wide(int rowLength, int vector) => rowLength % vector == 0 ? 1u : 0;
}
