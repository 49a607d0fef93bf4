namespace Forge.Vulkan.Tuning;

/// <summary>A quarantined variant that a kernel would offer, and what runs in its stead.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Variant">The quarantined variant's label.</param>
/// <param name="Verdict">What it did when it was tried: <c>wrong</c>, <c>crashed</c> or <c>hung</c>; <c>failed</c> where the driver would not build it.</param>
/// <param name="Message">How that showed.</param>
/// <param name="Op">The first op it was not run for, with its inputs.</param>
/// <param name="Instead">The variant that runs there.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AvoidedVariant(string Kernel, string Variant, string Verdict, string Message, string Op, string Instead)
{
    /// <summary>One sentence for each: what does not run and why, what runs, the way back.</summary>
    public override string ToString() => Verdict == "failed"
        ? $"{Kernel} {Variant} is not used: {Message.TrimEnd('.')}; {Instead} runs instead, first for {Op}."
        : $"{Kernel} {Variant} is quarantined on this device ({Verdict}: {Message.TrimEnd('.')}); {Instead} runs instead, first for {Op}. 'forge tune --forget' drops what is known of the device.";
}
