using Forge.Core;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan;

/// <summary>Has a user's kernel that is to run unchecked run checked first: once for each kernel and types it meets.</summary>
internal sealed class KernelProofs(VulkanBackend backend)
{
    // Of all tensors together, in bytes: they exist twice on the host meanwhile.
    private const long MostBytes = 256L << 20;

    private readonly HashSet<string> _proven = new(StringComparer.Ordinal);

    /// <summary>How a node runs after its kernel was tried: as it is, or checked in every run where it is too large to try.</summary>
    /// <exception cref="BoundsException">It left a tensor.</exception>
    /// <exception cref="ShaderException">It does not compile, wrote past a tensor by another way, or its values are not the reference's.</exception>
    public ChosenKernel Settle(Node node, ChosenKernel chosen)
    {
        // Descriptors have robust access, checked engines check.
        if (backend.Limits.Mode != BufferMode.Address || chosen.Plan.Dispatches.All(d => d.Checks != AccessChecks.First))
            return chosen;
        var use = new OpUse(node.Op, node.InputTypes);
        if (use.Inputs.Concat(use.Outputs).Sum(t => t.Bytes) > MostBytes)
        {
            Switches.Log(1, $"{node.Label}: its tensors are too large to try the kernel first; every access stays checked");
            return chosen with { Plan = chosen.Plan.Checked() };
        }
        var key = $"{use.Key} {string.Join('\n', KernelLowering.Requests(chosen, use.Inputs.Count + use.Outputs.Count).Select(r => r.Key))}";
        if (_proven.Contains(key))
            return chosen;
        try
        {
            using var trials = KernelTrials.On(backend);
            var hosts = TrialInputs.Of(use);
            var outputs = trials.Run(use.Op, chosen.Kernel, chosen.Variant, hosts, isChecked: true);
            Core.Reference.ReferenceTensor[] inputs = [.. hosts.Select(Core.Reference.ReferenceTensor.From)];
            // Where the reference takes too long, bounds alone are looked at.
            if (ReferenceEquals(ReducedUse.Of(use), use) && Closeness.For(use.Op).Explain(use.Op, inputs, Closeness.Reference(use.Op, inputs), outputs) is { } wrong)
                throw new ShaderException($"{node.Label}: {wrong} It stays out of the plan; OpCheck tells more.");
        }
        catch (GuardException problem)
        {
            throw new ShaderException($"{node.Label}: {problem.Message}");
        }
        _proven.Add(key);
        return chosen;
    }
}
