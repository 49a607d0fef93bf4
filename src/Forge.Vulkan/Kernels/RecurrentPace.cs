using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>When a recurrent cell runs faster by simpler ops for each step than by its kernel over all steps.</summary>
internal static class RecurrentPace
{
    // Measured on Mesa 25, two cores (docs/kernels.md): what the portable kernel does, what products do, and what a step's dispatches cost.
    private const double WalkFlops = 5e9, ProductFlops = 4e10, StepSeconds = 1e-3;

    /// <summary>Whether the steps one by one are faster.</summary>
    /// <param name="op">A cell or its gradient.</param>
    /// <param name="inputs">Types of its inputs.</param>
    /// <param name="limits">The device's.</param>
    /// <remarks>Only where products run in lane kernels and the cell does not: elsewhere nothing was measured that says so.</remarks>
    public static bool PrefersSteps(Op op, IReadOnlyList<TensorType> inputs, DeviceLimits limits)
    {
        if (!limits.HasLaneChain || KernelTable.Find(op) is not { } kernel) return false;
        var outputs = op.Infer(inputs);
        if (kernel.VariantsOf(op, inputs, outputs, limits)[0].Family == Family.Lane) return false;
        var flops = op.Cost(inputs, outputs).Flops;
        return flops / WalkFlops > outputs[0].Shape[1] * StepSeconds + flops / ProductFlops;
    }
}
