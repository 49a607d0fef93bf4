using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>What is left of a product that also gives column sums when the product itself has no elements: a reduction of the second factor.</summary>
internal static class SumsAlone
{
    private static readonly Variant s_walk = new(Family.Portable, "walk", 64);

    /// <summary>The only variant.</summary>
    public static IEnumerable<Variant> Variants => [s_walk];

    /// <summary>Whether the sums, the second output, are all there is.</summary>
    public static bool AreLeft(IReadOnlyList<TensorType> outputs) => outputs is [{ Count: 0 }, _];

    /// <summary>Sums the second input over all axes but its last; 16-bit numbers are widened first.</summary>
    public static KernelPlan Plan(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var factor = inputs[1];
        var summed = new TensorType(DType.F32, factor.Shape);
        var sum = new ReduceOp(Reduction.Sum, [.. Enumerable.Range(0, factor.Shape.Rank - 1)], KeepDims: false);
        var plan = new ReduceKernel().PlanOf(sum, s_walk, [summed], [outputs[1]]);
        var widened = factor.DType.IsSixteenBit() && factor.Count > 0 ? Slot.Scratch(plan.ScratchBytes.Count) : (Slot?)null;
        IEnumerable<Dispatch> dispatches = plan.Dispatches.Select(d => d with { Bindings = [.. d.Bindings!.Select(Rebound)] });
        if (widened is not { } wide)
            return plan with { Dispatches = [.. dispatches] };

        var kernel = new WidenKernel();
        var variant = new Variant(Family.Portable, "each", 64, [64, 1, OperandConstant.Of(factor.DType)]);
        var widen = kernel.PlanOf(new WidenOp(), variant, [factor], [summed]).Dispatches[0];
        return new([widen with { Bindings = [Slot.Input(1), wide], Shader = kernel.ShaderOf(variant), Constants = variant.Constants }, .. dispatches], [.. plan.ScratchBytes, summed.Bytes]);

        Slot Rebound(Slot slot) => slot.Kind switch
        {
            SlotKind.Output => slot with { Index = 1 },
            SlotKind.Input when widened is { } wider => wider with { Offset = slot.Offset, Bytes = slot.Bytes, Written = false },
            SlotKind.Input => slot with { Index = 1 },
            _ => slot,
        };
    }
}
