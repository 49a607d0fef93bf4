using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs the gradient of a recurrent cell with a shader that includes recurrent-grad.glsl: RecurrentRows' variants and RecurrentLane's.</summary>
/// <typeparam name="TOp">The gradient.</typeparam>
internal abstract class RecurrentGradKernel<TOp> : Kernel<TOp> where TOp : RecurrentGradOp
{
    // Units of a product's block in the lane variant.
    private const int LaneUnits = 32;

    private static readonly RecurrentFlows[] s_flows = [RecurrentFlows.States, RecurrentFlows.Last, RecurrentFlows.LastCell];

    /// <summary>The cell's own specialization constants, after those of every cell.</summary>
    protected virtual IReadOnlyList<uint> Own(TOp op) => [];

    /// <summary>Whether part of what flows into a state comes from the one after without the recurrent matrix.</summary>
    protected virtual bool IsDirect(TOp op) => op.HasMask;

    /// <summary>Whether there is a lane variant.</summary>
    protected virtual bool HasLane(TOp op) => true;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (n, u) = (outputs[1].Shape[0], outputs[1].Shape[1]);
        var lanes = HasLane(op) ? RecurrentLane.Variants(limits, n, u, LaneUnits, op.Gates * u / LaneUnits, [.. Constants(op), IsDirect(op) ? 1u : 0, .. Own(op)]) : [];
        return lanes.Concat(RecurrentRows.Variants(limits, u, op.Gates * u));
    }

    protected override long LoopRounds(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        RecurrentRows.LoopRounds(variant, outputs[0].Shape[1], outputs[1].Shape[1], op.Gates);

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (n, t, u) = ((uint)outputs[0].Shape[0], (uint)outputs[0].Shape[1], (uint)outputs[1].Shape[1]);
        List<Slot> bindings = [.. Enumerable.Range(0, op.FirstFlow).Select(i => Slot.Input(i))];
        bindings.AddRange((op.HasCell ? s_flows : s_flows[..2]).Select(flow => Slot.Input(Math.Max(0, op.InputOf(flow)))));
        bindings.Add(Slot.Input(op.HasMask ? inputs.Count - 1 : 0));
        for (var o = 0; o < outputs.Count; o++) bindings.Add(Slot.Output(o));
        if (op is GruGradOp { HasRecurrentFlow: false }) bindings.Add(Slot.Output(0));
        if (variant.Family != Family.Lane)
            return new Dispatch(RecurrentRows.GridOf(variant, n), [n, t, u], bindings, Constants: [variant.Lanes, .. Constants(op), u, .. Own(op)]);
        bindings.Add(Slot.Scratch(0));
        return new([RecurrentLane.Over(variant, [n, t, u], bindings)], [4L * n * u * (op.Gates + (IsDirect(op) ? 1 : 0))]);
    }

    private static uint[] Constants(TOp op) => [op.Reverse ? 1u : 0, op.HasMask ? 1u : 0, .. s_flows.Select(flow => op.Flows.HasFlag(flow) ? 1u : 0)];
}
