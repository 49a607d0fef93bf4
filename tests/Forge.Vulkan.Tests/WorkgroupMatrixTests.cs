using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Kernels;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests;

/// <summary>Matrices of a workgroup (VK_NV_cooperative_matrix2): which of a driver's are used, where variants with them are offered, and that none is a default.</summary>
public class WorkgroupMatrixTests
{
    /// <summary>A GPU with matrices of subgroups and of workgroups of both types, as NVIDIA's drivers have them.</summary>
    internal static DeviceLimits Gpu { get; } = MatrixUnitTests.Gpu with
    {
        Matrices = [new(DType.F16, 16, 16, 16), new(DType.BF16, 16, 16, 16)],
        WorkgroupMatrices = [.. ((DType[])[DType.F16, DType.BF16]).SelectMany(t => (WorkgroupMatrix[])[new(t, 32, 16, 16, 128), new(t, 32, 32, 16, 256), new(t, 64, 64, 16, 256)])],
        WorkgroupMatrixExtent = 1024,
        WorkgroupMatrixSharedBytes = 4096,
        HasTensorLoads = true,
    };

    [Fact]
    public void Variants_AreOfferedForEachSizeOfWorkgroup_AfterAllOthers()
    {
        var labels = Labels(DType.F16, (512, 256), (256, 384), Gpu);
        Assert.Equal(
            [
                "coopmat/workgroup128x128l256", "coopmat/workgroup64x64l256", "coopmat/workgroup128x128l128", "coopmat/workgroup64x64l128",
                "coopmat/tensor128x128l256", "coopmat/tensor64x64l256", "coopmat/tensor128x128l128", "coopmat/tensor64x64l128",
            ], labels[^8..]);
        Assert.Contains("portable/lanes64", labels[..^8]);
    }

    [Theory, MemberData(nameof(MatrixShaderTests.Stems), MemberType = typeof(MatrixShaderTests))]
    public void UntunedDefault_IsNeverOfAWorkgroup_WhateverElseThereIs(string stem)
    {
        foreach (var limits in (DeviceLimits[])[Gpu, Gpu with { Matrices = [] }, Gpu with { Matrices = [], Quirks = new() { RunsOnProcessor = true } }, Gpu with { Matrices = [], MaxWorkgroupInvocations = 256 }])
        {
            var labels = MatrixShaderTests.VariantsOf(stem, limits, DType.F16).Select(v => v.Variant.Label).ToList();
            Assert.Contains(labels, IsOfWorkgroups);
            Assert.DoesNotContain(labels.TakeWhile(l => !l.StartsWith("portable", StringComparison.Ordinal)), IsOfWorkgroups);
        }
    }

    [Fact]
    public void DeviceThatLacksSomething_IsNotOfferedWhatNeedsIt()
    {
        Assert.DoesNotContain(Labels(DType.F16, (512, 256), (256, 384), Gpu with { HasTensorLoads = false }), l => l.Contains("tensor", StringComparison.Ordinal));
        foreach (var (limits, type) in (IEnumerable<(DeviceLimits, DType)>)[
            (Gpu, DType.F32), (Gpu with { WorkgroupMatrices = [] }, DType.F16), (Gpu with { WorkgroupMatrices = [new(DType.BF16, 32, 32, 16, 256)] }, DType.F16),
            (Gpu with { WorkgroupMatrices = [new(DType.F16, 256, 32, 16, 256)] }, DType.F16), (Gpu with { WorkgroupMatrixExtent = 32 }, DType.F16),
            (Gpu with { MaxWorkgroupInvocations = 64 }, DType.F16), (Gpu with { WorkgroupMatrixSharedBytes = 50_000 }, DType.F16),
        ])
            Assert.DoesNotContain(Labels(type, (512, 256), (256, 384), limits), IsOfWorkgroups);
    }

    [Fact]
    public void SharedMemory_IsSharedWithTheDriver()
    {
        // 128x128: two tiles of factors of 10,240 bytes and 64x64 sums on their way out.
        const uint Needed = 2 * 10_240 + 4 * 64 * 64;
        Assert.Contains("coopmat/workgroup128x128l256", Labels(DType.F16, (512, 256), (256, 384), Gpu with { SharedMemoryBytes = Needed + 4096 }));
        Assert.DoesNotContain("coopmat/workgroup128x128l256", Labels(DType.F16, (512, 256), (256, 384), Gpu with { SharedMemoryBytes = Needed + 4092 }));
    }

    [Fact]
    public void Tensors_AreOffered_OnlyWhereEveryMatrixStartsOn16Bytes()
    {
        foreach (var (a, b, offered) in (IEnumerable<(Shape, Shape, bool)>)[
            ((33, 37), (37, 5), true),                  // one product starts where its tensors do
            ((4, 33, 40), (40, 20), true), ((4, 33, 40), (4, 40, 20), true),
            ((4, 33, 37), (37, 20), false),             // 33 * 37 factors of a between products
            ((4, 32, 37), (4, 37, 4), false),           // 37 * 4 of b
            ((4, 33, 40), (4, 40, 5), true), ((2, 33, 40), (2, 40, 5), true)])
        {
            // Results need whole vectors too.
            var results = a[-2] * b[-1] % 4 == 0 || a.Rank == 2;
            Assert.Equal(offered && results, Labels(DType.F16, a, b, Gpu).Any(l => l.Contains("tensor", StringComparison.Ordinal)));
        }
        Assert.DoesNotContain(Labels(DType.F16, (32, 0), (0, 32), Gpu), l => l.Contains("tensor", StringComparison.Ordinal));
    }

    [Fact]
    public void TermsOfAStep_AreTunable_WithinTheGranularity()
    {
        var (op, kernel) = (new MatMulOp(), new MatMulKernel());
        TensorType[] types = [new(DType.F16, (512, 256)), new(DType.F16, (256, 384))];
        foreach (var (granularity, depths) in (IEnumerable<(uint, uint[])>)[(16, [32, 64, 16]), (32, [32, 64]), (64, [64])])
        {
            var limits = Gpu with { WorkgroupMatrices = [new(DType.F16, 32, 32, granularity, 256)] };
            var variant = kernel.VariantsOf(op, types, op.Infer(types), limits)[^1];
            Assert.Equal(depths.Length > 1 ? depths : null, variant.Tunables?[0].Values);
            foreach (var depth in depths)
            {
                var tuned = depth == depths[0] ? variant : kernel.Find($"{variant.Label},k={depth}", op, types, op.Infer(types), limits);
                Assert.Equal(depth, kernel.PlanOf(op, tuned!, types, op.Infer(types)).Dispatches[0].Constants![22]);
            }
        }
    }

    [Fact]
    public void DriversList_IsNarrowedToWhatKernelsUse()
    {
        var good = new CooperativeMatrixFlexibleDimensionsPropertiesNV
        {
            MGranularity = 32,
            NGranularity = 16,
            KGranularity = 16,
            AType = ComponentTypeKHR.Float16Khr,
            BType = ComponentTypeKHR.Float16Khr,
            CType = ComponentTypeKHR.Float32Khr,
            ResultType = ComponentTypeKHR.Float32Khr,
            Scope = ScopeKHR.WorkgroupKhr,
            WorkgroupInvocations = 128,
        };
        CooperativeMatrixFlexibleDimensionsPropertiesNV[] listed =
        [
            good, good, good with { AType = ComponentTypeKHR.Bfloat16Khr, BType = ComponentTypeKHR.Bfloat16Khr, WorkgroupInvocations = 256 },
            good with { AType = ComponentTypeKHR.Sint8Khr, BType = ComponentTypeKHR.Sint8Khr }, good with { BType = ComponentTypeKHR.Bfloat16Khr },
            good with { CType = ComponentTypeKHR.Float16Khr }, good with { ResultType = ComponentTypeKHR.Float16Khr }, good with { SaturatingAccumulation = true },
            good with { Scope = ScopeKHR.SubgroupKhr }, good with { WorkgroupInvocations = 512 }, good with { WorkgroupInvocations = 96 }, good with { WorkgroupInvocations = 16 },
            good with { KGranularity = 0 },
        ];
        Assert.Equal([new(DType.F16, 32, 16, 16, 128), new(DType.BF16, 32, 16, 16, 256)], WorkgroupMatrix.Usable(listed, Known, most: 256, subgroup: 32));
        Assert.Equal("f16 32x16x16 by 128", WorkgroupMatrix.Usable(listed, Known, most: 256, subgroup: 32)[0].ToString());

        static DType? Known(ComponentTypeKHR type) => type switch { ComponentTypeKHR.Float16Khr => DType.F16, ComponentTypeKHR.Bfloat16Khr => DType.BF16, _ => null };
    }

    private static bool IsOfWorkgroups(string label) => label.Contains("workgroup", StringComparison.Ordinal) || label.Contains("tensor", StringComparison.Ordinal);

    private static List<string> Labels(DType type, Shape a, Shape b, DeviceLimits limits)
    {
        var op = new MatMulOp();
        TensorType[] types = [new(type, a), new(type, b)];
        return [.. new MatMulKernel().VariantsOf(op, types, op.Infer(types), limits).Select(v => v.Label)];
    }
}
