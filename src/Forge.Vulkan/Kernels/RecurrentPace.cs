using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>When a recurrent cell runs faster by simpler ops for each step than by its kernel over all steps.</summary>
internal static class RecurrentPace
{
    // Measured on Mesa 25, two cores (docs/kernels.md), forward and back: what the portable kernel does in a second, and what a step's dispatches cost.
    private static readonly (double WalkFlops, double StepSeconds) s_forward = (4e9, 0.35e-3), s_back = (2.2e9, 0.7e-3);
    private const double ProductFlops = 4e10;

    /// <summary>Whether the steps one by one are faster.</summary>
    /// <param name="op">A cell or its gradient.</param>
    /// <param name="inputs">Types of its inputs.</param>
    /// <param name="limits">The device's.</param>
    /// <remarks>
    /// Where nothing runs all steps at once; else only where products run in lane kernels and the cell does not: elsewhere nothing was measured that says so.
    /// </remarks>
    public static bool PrefersSteps(Op op, IReadOnlyList<TensorType> inputs, DeviceLimits limits)
    {
        if (KernelTable.Find(op) is not { } kernel) return false;
        var outputs = op.Infer(inputs);
        var variants = kernel.VariantsOf(op, inputs, outputs, limits);
        if (variants.Count == 0) return true;
        if (!limits.HasLaneChain || variants[0].Family == Family.Lane) return false;
        var flops = op.Cost(inputs, outputs).Flops;
        var (walk, step) = op is RecurrentOp ? s_forward : s_back;
        return flops / walk > outputs[0].Shape[1] * step + flops / ProductFlops;
    }
}
