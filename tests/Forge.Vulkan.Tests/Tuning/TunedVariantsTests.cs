using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Tuning;

/// <summary>What plans run where something was tuned or quarantined.</summary>
public sealed class TunedVariantsTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge tuning ");

    public void Dispose() => _root.Delete(recursive: true);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void TunedChoice_IsRun_AndNamedInTheVariantTable(string driver)
    {
        var (usual, tuned) = (Tune(driver, sources: null), "");
        using (var backend = Open(driver)) tuned = backend.VariantsFor(Node())[1].Label;
        Assert.NotEqual(usual, tuned);
        Assert.Equal(tuned, Tune(driver, sources: ""));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void TunedChoice_OfOtherShaders_OrOfNoVariant_IsNotRun(string driver)
    {
        var usual = Tune(driver, sources: null);
        Assert.Equal(usual, Tune(driver, sources: "of another text"));
        using (var backend = Open(driver))
            Store(backend, "portable/none", sources: "");
        Assert.Equal(usual, Run(driver));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void QuarantinedVariants_AreNotRun_WhateverTuningSays(string driver)
    {
        var usual = Tune(driver, sources: null);
        IReadOnlyList<string> labels;
        using (var backend = Open(driver))
        {
            labels = [.. backend.VariantsFor(Node()).Select(v => v.Label)];
            Store(backend, usual, sources: "");
            Quarantine(backend, usual);
            Assert.DoesNotContain(usual, backend.VariantsFor(Node()).Select(v => v.Label));
        }
        Assert.Equal(labels[1], Run(driver));
        Assert.Equal(labels[1], Run(driver, tuned: false));

        using (var backend = Open(driver))
            foreach (var label in labels) Quarantine(backend, label);
        var error = Assert.Throws<DeviceException>(() => Run(driver));
        Assert.Contains("quarantined", error.Message, StringComparison.Ordinal);
        Assert.Contains("--forget", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void QuarantinedVariant_IsToldOnce_WithWhatRunsInstead(string driver)
    {
        var usual = Tune(driver, sources: null);
        using var backend = Open(driver);
        Quarantine(backend, usual);
        using var engine = new Engine(backend);
        var told = new List<AvoidedVariant>();
        backend.Avoided += told.Add;
        foreach (var rows in (int[])[4, 4, 8])
        {
            // Another function of the same op, and the op on other inputs: one word is enough.
            using var step = engine.Compile(x => x.Softmax());
            step.Run(new HostTensor(new(DType.F32, new Shape(rows, 100))));
            Assert.DoesNotContain(usual, step.Executable!.VariantTable.Single(), StringComparison.Ordinal);
        }
        var avoided = Assert.Single(told);
        Assert.Equal(("Softmax", usual, "wrong", "wrong"), (avoided.Kernel, avoided.Variant, avoided.Verdict, avoided.Message));
        Assert.NotEqual(usual, avoided.Instead);
        Assert.Contains("4, 100", avoided.Op, StringComparison.Ordinal);
        Assert.Contains(avoided.Instead + " runs instead", avoided.ToString(), StringComparison.Ordinal);
    }

    [DriverFact]
    public void SoftwareDriver_IsToldFromAnotherBuild_ByItsLibrary()
    {
        using var device = Drivers.Open(Drivers.Names()[0]);
        if (!device.Description.IsSoftware || !OperatingSystem.IsLinux()) return;
        var identity = DriverIdentity.Of(device);
        Assert.StartsWith(device.Description.Identity + " library ", identity, StringComparison.Ordinal);
        Assert.Equal(identity, DriverIdentity.Of(device));
        Assert.Null(DriverIdentity.LibraryAt(8)); // where nothing is mapped
    }

    // Rows are about the nets of the benchmarks: the update of cnn150, as its plan has it.
    [LaneChainFact]
    public void ShippedChoice_IsRun_UnlessTuningIsOff()
    {
        var state = new TensorType(DType.F32, new Shape(4829760));
        TensorType[] inputs = [.. Enumerable.Repeat(state, 4), .. Enumerable.Repeat(new TensorType(DType.F32, Shape.Scalar), 4), new(DType.U32, Shape.Scalar)];
        var use = new OpUse(new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.PyTorch, 0), inputs);
        foreach (var tuned in (bool[])[true, false])
        {
            using var backend = Open(Needs.DriverWithLaneChain!, tuned);
            var label = backend.Tuned.Choose(use.Kernel!, use, use.Variants(backend.Limits)).Label;
            Assert.Equal(tuned ? "lane/runs16x4,units=16" : use.Variants(backend.Limits)[0].Label, label);
        }
    }

    [Fact]
    public void ShippedTables_NameVariantsOfTheKernelsThatThereAre()
    {
        foreach (var name in ShippedTable.Classes)
        {
            var table = ShippedTable.Read(name)!;
            Assert.NotEmpty(table.On);
            Assert.All(table.Choices, c => Assert.Contains('/', c.Variant));
            Assert.Equal(table.Choices.Count, table.Choices.DistinctBy(c => (c.Op, c.Inputs)).Count());
        }
    }

    // The label that a plan runs after the second variant was stored as tuned; nothing is stored where sources is null.
    private string Tune(string driver, string? sources)
    {
        using (var backend = Open(driver))
        {
            backend.Tuned.Cache.Forget();
            if (sources is not null) Store(backend, backend.VariantsFor(Node())[1].Label, sources);
        }
        return Run(driver);
    }

    private string Run(string driver, bool tuned = true)
    {
        using var engine = new Engine(Open(driver, tuned));
        var step = engine.Compile(x => x.Softmax());
        step.Run(new HostTensor(new(DType.F32, new Shape(4, 100))));
        var line = Assert.Single(step.Executable!.VariantTable);
        return line[(line.LastIndexOf(' ') + 1)..];
    }

    private VulkanBackend Open(string driver, bool tuned = true) => new(Drivers.Open(driver), cacheRoot: _root.FullName, tuned: tuned);

    private static OpUse Use() => new(new SoftmaxOp(), [new(DType.F32, new Shape(4, 100))]);

    private static Node Node()
    {
        var graph = new Graph();
        using (graph.Trace()) return graph.Add(new SoftmaxOp(), graph.Add(new InputOp(0, Use().Inputs[0])).Outputs[0]);
    }

    private static void Store(VulkanBackend backend, string label, string sources)
    {
        var (use, kernel) = (Use(), Use().Kernel!);
        var usual = backend.Tuned.DefaultOf(kernel, use);
        var hash = sources.Length > 0 ? sources : backend.Tuned.Sources(kernel, use, use.Find(label, backend.Limits) ?? usual, usual);
        backend.Tuned.Cache.Add(new TunedChoice(use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs), hash, label, 1, usual.Label, 2, DateTime.UtcNow));
    }

    private static void Quarantine(VulkanBackend backend, string label)
    {
        var (use, kernel) = (Use(), Use().Kernel!);
        backend.Tuned.Cache.Add(new QuarantinedVariant(kernel.Stem, label, backend.Tuned.Sources(kernel, use, use.Find(label, backend.Limits)!), Verdict.Wrong, "wrong", "rows", DateTime.UtcNow));
    }
}
