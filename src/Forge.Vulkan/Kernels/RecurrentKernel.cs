using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs a recurrent cell with a shader that includes recurrent.glsl: RecurrentRows' variants and RecurrentLane's.</summary>
/// <typeparam name="TOp">The cell.</typeparam>
internal abstract class RecurrentKernel<TOp> : Kernel<TOp> where TOp : RecurrentOp
{
    /// <summary>The cell's own specialization constants, after those of every cell.</summary>
    protected virtual IReadOnlyList<uint> Own(TOp op) => [];

    /// <summary>Units that a subgroup owns in the lane variant; 0 where the cell has none.</summary>
    protected virtual int LaneUnits(TOp op) => 8;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (n, u, owned) = (outputs[0].Shape[0], outputs[0].Shape[2], LaneUnits(op));
        var lanes = owned == 0 ? [] : RecurrentLane.Variants(limits, n, u, owned, u / owned, [.. Constants(op), .. Own(op)]);
        // The state of two steps; a GRU may keep r times it as well.
        return lanes.Concat(RecurrentRows.Variants(limits, u, (op is GruOp ? 3 : 2) * u));
    }

    protected override long LoopRounds(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        RecurrentRows.LoopRounds(variant, outputs[0].Shape[1], outputs[0].Shape[2], op is GruOp { ResetAfter: false } ? 2 : 1);

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        uint[] extents = [.. outputs[0].Shape.Select(extent => (uint)extent)];
        List<Slot> bindings = [.. Enumerable.Range(0, op.HasCell ? 4 : 3).Select(i => Slot.Input(i))];
        if (op is GruOp gru) bindings.Add(Slot.Input(gru.HasRecurrentBias ? 3 : 0));
        bindings.Add(Slot.Input(op.HasMask ? inputs.Count - 1 : 0));
        for (var o = 0; o < op.Results; o++) bindings.Add(Slot.Output(o));
        for (var o = op.Results; o < op.Results + (op.SavedNumbers > 0 ? 2 : 1); o++) bindings.Add(Slot.Output(op.Saves ? o : 0));
        return variant.Family == Family.Lane ? RecurrentLane.Over(variant, extents, bindings)
            : new Dispatch(RecurrentRows.GridOf(variant, extents[0]), extents, bindings, Constants: [variant.Lanes, .. Constants(op)[..2], extents[2], .. Constants(op)[2..], .. Own(op)]);
    }

    private static uint[] Constants(TOp op) => [op.Reverse ? 1u : 0, op.HasMask ? 1u : 0, op.Saves ? 1u : 0];
}
