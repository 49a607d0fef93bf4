using Forge.Core;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Every value of every tunable: as right as the variant's default.</summary>
public sealed class TunableConformanceTests : IDisposable
{
    private static readonly DeviceLimits s_chains = LaneVariantTests.Chains;
    private readonly Dictionary<string, (DeviceUnderTest Device, GuardedRun Run)> _open = [];

    public static TheoryData<string, string> CasesAndDrivers()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "swiftshader", "system"]))
            foreach (var name in LargeCases.Names.Concat(OpTable.Entries.Select(e => e.Name)))
                // Known without a device: what no processor's and no GPU's variants can tune is no row.
                if (Uses(name) is { } drawn && (Tunes(drawn, s_chains) || Tunes(drawn, new() { MaxWorkgroupInvocations = 1024, MaxWorkgroupX = 1024 })))
                    data.Add(name, driver);
        return data;
    }

    [DriverTheory, MemberData(nameof(CasesAndDrivers))]
    public void Kernel_AgreesWithTheReference_AtEveryTunablesEveryValue(string name, string driver)
    {
        var (op, inputs) = Uses(name)!;
        var (test, run) = Open(driver);
        using var counted = DriverReport.Of(driver).Test();
        var expected = Closeness.Reference(op, inputs);
        HostTensor[] hosts = [.. inputs.Select(i => i.ToHost())];
        var use = new OpUse(op, [.. inputs.Select(i => i.Type)]);
        var kernel = use.Kernel!;
        // Variants of one shader have the same tunables: one of them says most. Tiles take SwiftShader half a second each to build.
        var variants = use.Variants(test.Device.Limits).Where(v => v.Tunables is not null && (Drivers.LongTier || v.Family != Family.Tiled || driver != "swiftshader"));
        foreach (var variant in Drivers.LongTier ? variants : variants.DistinctBy(kernel.ShaderOf))
            foreach (var tunable in variant.Tunables!)
                foreach (var value in tunable.Values.Skip(1))
                {
                    var label = $"{variant.Label},{tunable.Name}={value}";
                    var tuned = use.Find(label, test.Device.Limits);
                    Assert.True(tuned?.Label == label, $"{name}: {label} is listed, but {(tuned is null ? "does not fit" : $"called {tuned.Label}")}");
                    var wrong = Closeness.For(op).Explain(op, inputs, expected, run.Run(op, kernel, tuned!, hosts));
                    Assert.True(wrong is null, $"{name}: {wrong}\n  Variant {label}, {driver}. {op}");
                }
    }

    // No device: a value that is listed and does not fit would end a tuning run.
    [Theory, MemberData(nameof(Processors))]
    public void EveryListedValue_NamesAVariant_ForEveryCase(string processor)
    {
        var (limits, values) = (Processor(processor), 0);
        foreach (var name in LargeCases.Names.Concat(OpTable.Entries.Select(e => e.Name)))
        {
            if (Uses(name) is not { } drawn) continue;
            var use = new OpUse(drawn.Op, [.. drawn.Inputs.Select(i => i.Type)]);
            foreach (var variant in use.Variants(limits).Where(v => v.Tunables is not null))
                foreach (var label in variant.Tunables!.SelectMany(t => t.Values.Skip(1).Select(v => $"{variant.Label},{t.Name}={v}")))
                {
                    values++;
                    Assert.True(use.Find(label, limits)?.Label == label, $"{name}: {label} is listed, but does not fit");
                }
        }
        Assert.InRange(values, 100, int.MaxValue);
    }

    public static TheoryData<string> Processors() => ["with a chain", "without", "older"];

    private static DeviceLimits Processor(string name) => name switch
    {
        "with a chain" => s_chains,
        "without" => LaneVariantTests.Unordered,
        _ => LaneVariantTests.Older,
    };

    [Theory]
    [InlineData("rows=7"), InlineData("rows=five"), InlineData("rows="), InlineData("cols=5"), InlineData("rows=5,rows=4"), InlineData("")]
    public void Label_WithASettingThatIsNot_NamesNoVariant(string settings)
    {
        var use = Product;
        var label = use.Variants(s_chains)[0].Label;
        Assert.NotNull(use.Find(label, s_chains));
        Assert.Null(use.Find($"{label},{settings}", s_chains));
    }

    [Fact]
    public void Label_IsOne_HoweverItsSettingsAreOrdered_AndDefaultsAreLeftOut()
    {
        var use = Product;
        var variant = use.Variants(s_chains)[0];
        var (rows, terms) = (variant.Tunables!.First(t => t.Name == "rows"), variant.Tunables!.First(t => t.Name == "terms"));
        var label = $"{variant.Label},rows={rows.Values[1]},terms={terms.Values[1]}";
        Assert.Equal(label, use.Find($"{variant.Label},terms={terms.Values[1]},rows={rows.Values[1]}", s_chains)!.Label);
        Assert.Equal(variant.Label, use.Find($"{variant.Label},rows={rows.Values[0]}", s_chains)!.Label);
        Assert.NotEqual(variant.Constants, use.Find(label, s_chains)!.Constants);
        Assert.NotEqual(Dispatched(variant), Dispatched(use.Find($"{variant.Label},rows={rows.Values[1]}", s_chains)!));

        Grid Dispatched(Variant v) => use.Kernel!.PlanOf(use.Op, v, use.Inputs, use.Outputs).Dispatches[0].Grid;
    }

    public void Dispose()
    {
        foreach (var (device, run) in _open.Values)
        {
            run.Dispose();
            device.Dispose();
        }
    }

    private static OpUse Product => new(new Core.Ops.MatMulOp(), [new(DType.F32, new Shape(600, 3000)), new(DType.F32, new Shape(3000, 40))]);

    private static OpCase? Uses(string name)
    {
        var drawn = CheckCases.AsPlanned(LargeCases.Names.Contains(name) ? LargeCases.Make(name) : OpTable.Find(name)!.Sample(Draw.FromSeed(1)));
        return KernelTable.Find(drawn.Op) is null ? null : drawn;
    }

    private static bool Tunes(OpCase drawn, DeviceLimits limits) => new OpUse(drawn.Op, [.. drawn.Inputs.Select(i => i.Type)]).Variants(limits).Any(v => v.Tunables is not null);

    private (DeviceUnderTest Device, GuardedRun Run) Open(string driver)
    {
        if (_open.TryGetValue(driver, out var open))
            return open;
        var device = new DeviceUnderTest(driver, BufferMode.Address, shared: true);
        return _open[driver] = (device, new GuardedRun(device.Device, device.Transfers, device.Pipelines));
    }
}
