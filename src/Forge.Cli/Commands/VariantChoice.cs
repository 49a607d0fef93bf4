using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary>Which variant <c>--variant</c> means.</summary>
internal static class VariantChoice
{
    /// <summary>The variant of a label (<c>lane/packed,rows=5</c>), else the first of a family or name; with nothing said the one that training would run.</summary>
    /// <param name="use">The op and its types.</param>
    /// <param name="backend">The device.</param>
    /// <param name="name">What was said; null for nothing.</param>
    /// <param name="workload">The op and its shape, for the message.</param>
    /// <exception cref="UsageException">There is no such variant; the message lists them.</exception>
    public static Variant Of(OpUse use, VulkanBackend backend, string? name, string workload)
    {
        var variants = use.Variants(backend.Limits);
        if (name is null)
        {
            var chosen = backend.Tuned.Choose(use.Kernel!, use, backend.Tuned.Allowed(use.Kernel!, use, variants) is { Count: > 0 } allowed ? allowed : variants);
            backend.Tuned.TellAvoided(use.Kernel!, use, chosen);
            return chosen;
        }
        return use.Find(name, backend.Limits) ?? variants.FirstOrDefault(v => v.Label.StartsWith(name + "/", StringComparison.Ordinal) || v.Name == name)
            ?? throw new UsageException($"--variant is '{name}', but {workload} has {string.Join(", ", variants.Select(v => v.Label + Tunables(v)))} on this device.");
    }

    // ",rows=6|5|4": what may follow the label.
    private static string Tunables(Variant variant) =>
        string.Concat((variant.Tunables ?? []).Select(t => $"[,{t.Name}={string.Join('|', t.Values)}]"));
}
