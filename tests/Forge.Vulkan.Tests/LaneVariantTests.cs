using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Kernels;

namespace Forge.Vulkan.Tests;

/// <summary>Where lane kernels are offered, and how they cut sums. What they compute is tested with every other variant (OpConformanceTests).</summary>
public sealed class LaneVariantTests
{
    // A device as llvmpipe describes itself, without opening one.
    internal static readonly DeviceLimits Chains = new()
    {
        Mode = BufferMode.Address,
        HasBufferAddress = true,
        HasInt64 = true,
        HasSubgroupBallot = true,
        SubgroupSize = 8,
        MaxPushConstantBytes = 256,
        MaxWorkgroupInvocations = 1024,
        MaxWorkgroupX = 1024,
        SharedMemoryBytes = 32 << 10,
        Quirks = new() { LaneChain = true, UniformPushTable = true, RunsOnProcessor = true },
    };

    public static TheoryData<string, int[], int[]> ShapesOfTheNets() => new()
    {
        { "Conv2D", [128, 28, 28, 1], [3, 3, 1, 32] }, { "Conv2D", [32, 150, 150, 3], [3, 3, 3, 32] }, { "Conv2D", [32, 36, 36, 64], [3, 3, 64, 128] },
        { "MatMul", [128, 1600], [1600, 128] }, { "MatMul", [32, 36992], [36992, 128] }, { "MatMul", [1024, 1024], [1024, 1024] },
    };

    [Theory, MemberData(nameof(ShapesOfTheNets))]
    public void TheNetsOwnShapes_RunLaneKernelsByDefault_WhereSubgroupsChain(string op, int[] a, int[] b)
    {
        Assert.Equal(Family.Lane, Variants(op, a, b, Chains)[0].Family);
    }

    [Theory]
    [InlineData("lane/winograd", 32, 36, 36, 64)]
    [InlineData("lane/plain", 128, 13, 13, 32)]   // short rows: the direct kernel reads weights as they lie, in one dispatch
    [InlineData("lane/plain", 1, 6, 36, 64)]      // few pixels: the same
    [InlineData("lane/packed", 32, 36, 36, 60)]   // channels are not in blocks of eight
    public void Convolutions_RunWinogradByDefault_WhereItWins(string expected, int n, int h, int w, int c)
    {
        Assert.Equal(expected, Variants("Conv2D", [n, h, w, c], [3, 3, c, 128], Chains)[0].Label);
    }

    // The same, if it promised no order of subgroups; and as older drivers are: with half the push block as well.
    internal static readonly DeviceLimits Unordered = Chains with { Quirks = Chains.Quirks with { LaneChain = false } };
    internal static readonly DeviceLimits Older = Unordered with { MaxPushConstantBytes = 128 };

    [Theory, MemberData(nameof(ShapesOfTheNets))]
    public void EveryChain_HasATwinWithBarriers_WhereTheOrderIsNotPromised(string op, int[] a, int[] b)
    {
        foreach (var limits in (DeviceLimits[])[Unordered, Older])
        {
            var twin = Variants(op, a, b, limits)[0];
            Assert.Equal(Family.Lane, twin.Family);
            Assert.EndsWith("-barrier", twin.Name, StringComparison.Ordinal);
            Assert.Equal(limits == Older ? 8 : 32, twin.LaneTable);
        }
        Assert.DoesNotContain(Variants(op, a, b, Chains), v => v.Name.EndsWith("-barrier", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(new[] { 16, 16, 28, 28, 1 }, new[] { 3, 3, 3, 1, 16 })]
    [InlineData(new[] { 8, 16, 32, 32, 16 }, new[] { 3, 3, 3, 16, 32 })]
    public void Clips_RunLaneKernelsByDefault_WhereThePushBlockHoldsTheirSteps(int[] x, int[] w)
    {
        Assert.Equal(Family.Lane, Variants("Conv3D", x, w, Chains)[0].Family);
        Assert.DoesNotContain(Variants("Conv3D", x, w, Chains with { MaxPushConstantBytes = 128 }), v => v.Family == Family.Lane);
    }

    public static TheoryData<string> WhatIsMissing() => ["table", "subgroups of 16", "subgroups of 4", "64-bit integers", "checked mode", "large workgroups", "shared memory for a twin"];

    [Theory, MemberData(nameof(WhatIsMissing))]
    public void LaneKernels_AreNotOffered_WhereTheyWouldBeWrong(string missing)
    {
        var limits = missing switch
        {
            "table" => Chains with { Quirks = Chains.Quirks with { UniformPushTable = false } },
            "subgroups of 16" => Chains with { SubgroupSize = 16 },
            "subgroups of 4" => Chains with { SubgroupSize = 4 },
            "64-bit integers" => Chains with { HasInt64 = false },
            "checked mode" => Chains with { Mode = BufferMode.Checked },
            "shared memory for a twin" => Unordered with { SharedMemoryBytes = 16 << 10 },
            _ => Chains with { MaxWorkgroupInvocations = 512 },
        };
        foreach (var row in ShapesOfTheNets())
            Assert.DoesNotContain(Variants((string)row[0], (int[])row[1], (int[])row[2], limits), v => v.Family == Family.Lane);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(4u)]
    [InlineData(33u)]
    public void Split_CoversEveryTermOnce_ForAnyCount(uint minSlices)
    {
        for (uint count = 1; count < 40_000; count += count < 2_000 ? 1u : 37u)
        {
            var split = LaneTerms.Split(count, minSlices);
            Assert.Equal(count, split.Slices * split.Subgroups * split.Terms - split.Skip);
            Assert.True(split.Skip < split.Terms, $"{count} terms: {split}: the last chunk would be empty");
            Assert.InRange(split.Subgroups, 1u, 128u);
            Assert.InRange(split.Terms, 1u, 72u);
        }
    }

    [Fact]
    public void Rows_NeverExceedTheExtent()
    {
        for (uint extent = 1; extent < 200; extent++)
            Assert.InRange(LaneTerms.Rows(extent, terms: 64), 1u, Math.Min(extent, 6u));
    }

    private static IReadOnlyList<Variant> Variants(string name, int[] a, int[] b, DeviceLimits limits)
    {
        Op op = name switch { "MatMul" => new MatMulOp(), "Conv3D" => new Conv3DOp(Conv3DGeometry.Unit), _ => new Conv2DOp(Conv2DGeometry.Unit) };
        TensorType[] inputs = [new(DType.F32, new(a)), new(DType.F32, new(b))];
        return KernelTable.Find(op)!.VariantsOf(op, inputs, op.Infer(inputs), limits);
    }
}
