using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>Keeps plans from running what was found wrong.</summary>
internal static class CheckQuarantine
{
    /// <summary>Quarantines the variant of a row that failed on the device as it is; what fails on a narrower one alone is never run by a plan here.</summary>
    public static void Add(VulkanBackend backend, CheckRow row)
    {
        if (row is not { Failure: { Answer.Verdict: Verdict.Wrong or Verdict.Crashed or Verdict.Hung } failure, Under: null or CheckSettings.Checked } || OpTable.Find(row.Op) is not { } op)
            return;
        var drawn = CheckCases.Of(op, failure.Draws);
        var use = new OpUse(drawn.Op, [.. drawn.Inputs.Select(i => i.Type)]);
        if (use.Find(row.Variant, backend.Limits) is not { } variant)
            return;
        var (kernel, known) = (use.Kernel!, backend.Tuned);
        known.Cache.Add(new QuarantinedVariant(kernel.Stem, variant.Label, known.Sources(kernel, use, variant), failure.Answer.Verdict, failure.Answer.Message, use.ToString(), DateTime.UtcNow));
        row.IsQuarantined = true;
    }
}
