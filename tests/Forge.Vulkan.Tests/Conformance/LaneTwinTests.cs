using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Kernels;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>The lane products that lean on no order of subgroups, on every driver that can run them, where they are offered and where the chain is instead.</summary>
public sealed class LaneTwinTests(ConformanceDevices devices) : IClassFixture<ConformanceDevices>
{
    private static readonly string[] s_kinds = ["product", "convolution", "input gradient", "weight gradient"];

    // With the short table of older drivers, which are not promised an order either; and without an order alone.
    public static TheoryData<string, string, string> CasesDriversAndNarrowings()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var driver in Drivers.Names())
            foreach (var narrowing in (string[])(Drivers.LongTier && driver != "mesa22" ? [Narrowings.Push128, Narrowings.AnyOrder] : [Narrowings.Push128]))
                foreach (var name in LargeCases.Names.Where(n => s_kinds.Any(k => n.StartsWith(k, StringComparison.Ordinal))))
                    data.Add(name, driver, narrowing);
        return data;
    }

    [DriverTheory, MemberData(nameof(CasesDriversAndNarrowings))]
    public void Twin_AgreesWithTheReference_WhereSubgroupsHaveNoOrder(string name, string driver, string narrowing)
    {
        var @case = CheckCases.AsPlanned(LargeCases.Make(name));
        var limits = devices.Limits(driver, BufferMode.Address, narrowing);
        Assert.False(limits.HasLaneChain);
        var run = devices.Check(@case, driver, BufferMode.Address, narrowing, name, only: IsProduct);
        // Products onto fewer than 16 columns, or rows, have no lane variant anywhere. What adds nothing up across subgroups has no twin, and Winograd's is the direct kernel's.
        TensorType[] inputs = [.. @case.Inputs.Select(i => i.Type)];
        var chains = KernelTable.Find(@case.Op)!.VariantsOf(@case.Op, inputs, @case.Op.Infer(inputs), LaneVariantTests.Chains).Count(IsProduct);
        // Those of clips push more words than fit beside even the short table.
        var fits = limits.MaxPushConstantBytes >= 256 || @case.Op is not (Conv3DOp or Conv3DInputGradientOp or Conv3DWeightGradientOp);
        Assert.Equal(fits && LaneForm.Of(limits) is not null ? chains : 0, run);

        static bool IsProduct(Variant v) => v.Family == Family.Lane && v.Shader is not ("Conv2D.depthwise.lane.comp" or "Conv2D.winograd.lane.comp");
    }
}
