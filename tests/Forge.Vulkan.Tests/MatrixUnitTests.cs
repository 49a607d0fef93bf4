using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Kernels;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests;

/// <summary>Coopmat variants: where they are offered, and what they give on a driver that has matrices.</summary>
public class MatrixUnitTests
{
    /// <summary>A GPU with matrices of subgroups.</summary>
    internal static DeviceLimits Gpu { get; } = new()
    {
        MaxWorkgroupInvocations = 1024,
        MaxWorkgroupX = 1024,
        SharedMemoryBytes = 49152,
        SubgroupSize = 32,
        HasBufferAddress = true,
        Mode = BufferMode.Address,
        Matrices = [new(DType.F16, 16, 8, 16), new(DType.F16, 16, 16, 16), new(DType.BF16, 16, 16, 16)],
    };

    [Theory]
    [InlineData(DType.F16, 1024, 1024, 512, "coopmat/tile64x64m16x16x16")]
    [InlineData(DType.BF16, 4096, 4096, 4096, "coopmat/tile128x128m16x16x16")]
    [InlineData(DType.F32, 512, 512, 512, "tiled/tile32x32")]
    public void Default_OnAGpuWithMatrices_IsByTheTypeOfTheFactors(DType type, int m, int n, int k, string label) =>
        Assert.Equal(label, Variants(type, m, n, k, Gpu)[0].Label);

    [Fact]
    public void DeviceWithoutTheType_OrOfAnotherSize_HasNoCoopmatVariants()
    {
        foreach (var limits in (DeviceLimits[])[Gpu with { Matrices = [] }, Gpu with { Matrices = [new(DType.BF16, 16, 16, 16)] }, Gpu with { Matrices = [new(DType.F16, 16, 16, 64)] },
            Gpu with { MaxWorkgroupInvocations = 32 }, Gpu with { SharedMemoryBytes = 4096 }])
            Assert.DoesNotContain(Variants(DType.F16, 512, 512, 512, limits), v => v.Family == Family.Coopmat);
    }

    [Fact]
    public void Processor_TakesItsOwnKernelsFirst()
    {
        var variants = Variants(DType.F16, 512, 512, 512, Gpu with { Quirks = new() { RunsOnProcessor = true } });
        Assert.Equal(Family.Portable, variants[0].Family);
        Assert.Equal(Family.Coopmat, variants[^1].Family);
    }

    [MatrixFact]
    public void Products_OfDriversWithMatrices_AreRightInEveryCoopmatVariant()
    {
        var driver = Needs.DriverWithMatrices!;
        using var device = new DeviceUnderTest(driver);
        using var run = new GuardedRun(device.Device, device.Transfers, device.Pipelines);
        var draw = Draw.FromSeed(11);
        var tried = 0;
        foreach (var type in device.Device.Limits.Matrices.Select(s => s.Factor).Distinct())
            foreach (var (op, a, b) in (IEnumerable<(Op, Shape, Shape)>)[
                (new MatMulOp(), (130, 70), (70, 67)), (new MatMulOp(true, true), (96, 64), (36, 96)),
                (new MatMulOp(false, true, new(HasBias: false, ActivationKind.Relu)), (3, 33, 40), (20, 40)),
                (new Conv2DOp(new(1, new Padding2D(1, 1, 1, 1), 1, 2)), (2, 9, 7, 8), (3, 3, 4, 34)),
                (new Conv2DInputGradientOp(new(2, Padding2D.Valid, 1, 1), (9, 9)), (2, 4, 4, 20), (3, 3, 12, 20)),
                (new Conv2DWeightGradientOp(new(1, Padding2D.Valid, 1, 1), (3, 3)), (3, 20, 20, 5), (3, 18, 18, 36)),
                (new Conv3DOp(new(1, Padding3D.Around(1), 1, 2)), new(1, 3, 9, 7, 8), new(3, 3, 3, 4, 34)),
                (new Conv3DInputGradientOp(new((1, 2, 2), Padding3D.Valid, 1, 1), (4, 9, 9)), new(1, 3, 4, 4, 20), new(2, 3, 3, 12, 20)),
                (new Conv3DWeightGradientOp(Conv3DGeometry.Unit, (2, 3, 3)), new(1, 4, 12, 12, 5), new(1, 3, 10, 10, 36)),
            ])
            {
                Core.Reference.ReferenceTensor[] inputs = [Rounded(draw.Uniform(a), type), Rounded(draw.Uniform(b), type)];
                TensorType[] types = [.. inputs.Select(i => i.Type)];
                var kernel = KernelTable.Find(op)!;
                var outputs = op.Infer(types).Select(t => new Core.Reference.ReferenceTensor(t)).ToArray();
                op.Reference(inputs, outputs);
                foreach (var variant in kernel.VariantsOf(op, types, op.Infer(types), device.Device.Limits).Where(v => v.Family == Family.Coopmat))
                {
                    tried++;
                    var actual = run.Run(op, kernel, variant, [.. inputs.Select(i => i.ToHost())]);
                    Assert.True(Closeness.For(op).Explain(op, inputs, outputs, actual) is not { } wrong, $"{op} {variant.Label}: {Closeness.For(op).Explain(op, inputs, outputs, actual)}");
                }
            }
        Assert.True(tried >= 6, $"only {tried} variants were offered");
    }

    private static Core.Reference.ReferenceTensor Rounded(Core.Reference.ReferenceTensor x, DType type)
    {
        var y = new Core.Reference.ReferenceTensor(x.Type with { DType = type });
        new NarrowOp(type).Reference([x], [y]);
        return y;
    }

    private static IReadOnlyList<Variant> Variants(DType type, int m, int n, int k, DeviceLimits limits)
    {
        var op = new MatMulOp();
        TensorType[] types = [new(type, (m, k)), new(type, (k, n))];
        return new MatMulKernel().VariantsOf(op, types, op.Infer(types), limits);
    }
}
