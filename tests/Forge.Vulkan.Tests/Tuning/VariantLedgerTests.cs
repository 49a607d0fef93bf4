using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Tuning;

/// <summary>What runs where an earlier process has said what it ran.</summary>
public sealed class VariantLedgerTests : IDisposable
{
    private static readonly TensorType s_rows = new(DType.F32, new Shape(4, 100)), s_more = new(DType.F32, new Shape(6, 300));

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge ledger ");

    public void Dispose() => _root.Delete(recursive: true);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Table_IsFollowed_WhateverWasTunedSince(string driver)
    {
        var (before, usual) = Run(driver, []);
        Tune(driver, usual);
        var (tuned, other) = Run(driver, []);
        Assert.NotEqual(usual, other);

        using var engine = Open(driver);
        engine.UseVariants(before);
        Assert.Equal(usual, Variant(engine, s_rows));
        Assert.Empty(engine.Backend.VariantDepartures);
        // What is saved now is what was saved then, or a third process would not know.
        Assert.Equal(before, engine.Backend.VariantTable);
        Assert.NotEqual(before, tuned);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Table_GivenAfterAPlanWasMade_PlansAgain(string driver)
    {
        var (before, usual) = Run(driver, []);
        Tune(driver, usual);
        using var engine = Open(driver);
        var step = engine.Compile(x => x.Softmax());
        Assert.NotEqual(usual, Variant(step, s_rows));
        engine.UseVariants(before);
        Assert.Equal(usual, Variant(step, s_rows));
        Assert.Equal(before, engine.Backend.VariantTable);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void WhatHadNotRun_IsTold_WhereTuningChangedSince_AndOnlyThere(string driver)
    {
        var (before, usual) = Run(driver, []);
        using (var engine = Open(driver))
        {
            engine.UseVariants(before);
            Variant(engine, s_more);
            Assert.Empty(engine.Backend.VariantDepartures);
            Assert.Equal(before.Count + 1, engine.Backend.VariantTable.Count);
        }
        Tune(driver, usual);
        using (var engine = Open(driver))
        {
            engine.UseVariants(before);
            Variant(engine, s_more);
            Assert.Contains("had not run yet", Assert.Single(engine.Backend.VariantDepartures), StringComparison.Ordinal);
        }
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void QuarantinedVariant_IsNotRun_AndTold(string driver)
    {
        var (before, usual) = Run(driver, []);
        using (var engine = Open(driver))
        {
            var backend = (VulkanBackend)engine.Backend;
            var use = Use(s_rows);
            backend.Tuned.Cache.Add(new QuarantinedVariant(use.Kernel!.Stem, usual, backend.Tuned.Sources(use.Kernel, use, use.Find(usual, backend.Limits)!), Verdict.Wrong, "wrong", "rows", DateTime.UtcNow));
        }
        using var later = Open(driver);
        later.UseVariants(before);
        Assert.NotEqual(usual, Variant(later, s_rows));
        Assert.Contains($"ran Softmax {usual}, which is not to be had now", Assert.Single(later.Backend.VariantDepartures), StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void TableOfAnotherDevice_IsNotFollowed_AndTold(string driver)
    {
        var (before, usual) = Run(driver, []);
        string another;
        using (var engine = Open(driver)) another = ((VulkanBackend)engine.Backend).Tuned.Allowed(Use(s_rows).Kernel!, Use(s_rows), Use(s_rows).Variants(((VulkanBackend)engine.Backend).Limits))[1].Label;
        var (after, ran) = Run(driver, ["on a card, GPU, driver of its own", .. before.Skip(1).Select(l => l.Replace(usual, another, StringComparison.Ordinal))]);
        Assert.Equal(usual, ran);
        Assert.Equal(before, after);
        using var told = Open(driver);
        told.UseVariants(["on a card, GPU, driver of its own"]);
        Assert.StartsWith("it was saved on a card, GPU, driver of its own, this is ", Assert.Single(told.Backend.VariantDepartures), StringComparison.Ordinal);
    }

    private (IReadOnlyList<string> Table, string Variant) Run(string driver, IReadOnlyList<string> table)
    {
        using var engine = Open(driver);
        engine.UseVariants(table);
        var variant = Variant(engine, s_rows);
        return ([.. engine.Backend.VariantTable], variant);
    }

    // Stores another variant than the usual one as the fastest.
    private void Tune(string driver, string usual)
    {
        using var engine = Open(driver);
        var (backend, use) = ((VulkanBackend)engine.Backend, Use(s_rows));
        var other = use.Variants(backend.Limits).First(v => v.Label != usual);
        var sources = backend.Tuned.Sources(use.Kernel!, use, other, backend.Tuned.DefaultOf(use.Kernel!, use));
        backend.Tuned.Cache.Add(new TunedChoice(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), sources, other.Label, 1, usual, 2, DateTime.UtcNow));
    }

    private static string Variant(Engine engine, TensorType x) => Variant(engine.Compile(t => t.Softmax()), x);

    private static string Variant(CompiledFunction step, TensorType x)
    {
        step.Run(new HostTensor(x));
        var line = Assert.Single(step.Executable!.VariantTable);
        return line[(line.LastIndexOf(' ') + 1)..];
    }

    private Engine Open(string driver) => new(new VulkanBackend(Drivers.Open(driver), cacheRoot: _root.FullName, tuned: true));

    private static OpUse Use(TensorType x) => new(new SoftmaxOp(), [x]);
}
