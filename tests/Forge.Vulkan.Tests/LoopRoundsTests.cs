using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Kernels;

namespace Forge.Vulkan.Tests;

/// <summary>A driver that leaves loops after so many rounds, silently, is given no kernel that goes round more often.</summary>
public class LoopRoundsTests
{
    private static readonly DeviceLimits s_usual = new() { MaxWorkgroupInvocations = 1024, MaxWorkgroupX = 1024, Quirks = new() { RunsOnProcessor = true } };
    private static readonly DeviceLimits s_short = s_usual with { Quirks = s_usual.Quirks with { MostLoopRounds = 65535 } };

    [Theory]
    [InlineData("product", 60_000, "portable/lanes64")]
    [InlineData("product", 70_000, "portable/lanes64")]
    [InlineData("softmax", 21_000, "portable/walk")]
    [InlineData("softmax", 22_000, "portable/walk")]
    [InlineData("argmax", 30_000, "portable/")]
    [InlineData("argmax", 70_000, "portable/")]
    [InlineData("scatter-add", 60_000, "portable/")]
    [InlineData("scatter-add", 70_000, "portable/")]
    [InlineData("convolution", 7_000, "portable/lanes64")]
    [InlineData("convolution", 7_300, "portable/lanes64")]
    public void LongLoops_AreNotOffered_WhereTheyEndEarly(string op, int terms, string label)
    {
        var (node, inputs) = op switch
        {
            "product" => ((Op)new MatMulOp(), (TensorType[])[F32(2, terms), F32(terms, 3)]),
            "softmax" => (new SoftmaxOp(), [F32(2, terms)]),
            "argmax" => (new ArgMaxOp([1]), [F32(2, terms)]),
            "scatter-add" => (new ScatterAddOp(40), [new(DType.U32, new Shape(terms)), F32(terms, 3)]),
            _ => (new Conv2DOp(Conv2DGeometry.Unit), [F32(1, 3, 3, terms), F32(3, 3, terms, 4)]),
        };
        bool Offers(DeviceLimits limits) => KernelTable.Find(node)!.VariantsOf(node, inputs, node.Infer(inputs), limits).Any(v => v.Label.StartsWith(label, StringComparison.Ordinal));
        Assert.True(Offers(s_usual));
        Assert.Equal(terms is 60_000 or 30_000 or 21_000 or 7_000, Offers(s_short));
    }

    [Fact]
    public void RecurrentCells_RunStepByStep_WhereNoKernelEndsItsLoops()
    {
        TensorType[] Cell(int steps, int units) => [F32(4, steps, units), F32(units, units), F32(4, units)];
        var op = new SimpleRnnOp(ActivationKind.Tanh);
        Assert.False(RecurrentPace.PrefersSteps(op, Cell(40, 64), s_short));
        Assert.Equal("portable/group", Assert.Single(KernelTable.Find(op)!.VariantsOf(op, Cell(40, 64), op.Infer(Cell(40, 64)), s_short)).Label);
        Assert.True(RecurrentPace.PrefersSteps(op, Cell(1000, 512), s_short));
        Assert.False(RecurrentPace.PrefersSteps(op, Cell(1000, 512), s_usual));
    }

    private static TensorType F32(params int[] extents) => new(DType.F32, new Shape(extents));
}
