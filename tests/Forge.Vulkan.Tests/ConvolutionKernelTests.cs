using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Vulkan.Kernels;

namespace Forge.Vulkan.Tests;

/// <summary>What sampled cases of products, convolutions and pooling do not reach: NaN, many batch axes, long sums.</summary>
public class ConvolutionKernelTests
{
    public static TheoryData<string> All => Drivers.All;

    [DriverTheory, MemberData(nameof(All))]
    public void MaxPool2D_NaNAndInfinity_AreKept(string driver)
    {
        using var engine = Open(driver);
        float[] x = [float.NaN, 5, 3, float.NaN, float.NegativeInfinity, float.NegativeInfinity, float.NaN, float.PositiveInfinity];
        var y = engine.Compile(x => x.MaxPool2D((1, 2))).Run(HostTensor.From(x, (1, 1, 8, 1)))[0];
        Assert.Equal([float.NaN, float.NaN, float.NegativeInfinity, float.NaN], y.Span<float>().ToArray());
    }

    [DriverTheory, MemberData(nameof(All))]
    public void MaxPool2DGradient_GoesToTheFirstNaN_AndTheFirstOfEquals(string driver)
    {
        using var engine = Open(driver);
        var step = engine.Compile((x, dy) => new MaxPool2DGradientOp(new((1, 3), (1, 3), Padding2D.Valid)).On(x, dy));
        var dx = step.Run(HostTensor.From([9f, float.NaN, float.NaN, 4f, 4f, 1f], (1, 1, 6, 1)), HostTensor.From([1f, 2f], (1, 1, 2, 1)))[0];
        Assert.Equal([0f, 1f, 0f, 2f, 0f, 0f], dx.Span<float>().ToArray());
    }

    // A NaN must reach its own row of the product and no other, through clamped loads and through tiles filled up with zeros; ReLU keeps it.
    [DriverTheory, MemberData(nameof(All))]
    public void MatMul_NaN_StaysInItsRow_InEveryVariant(string driver)
    {
        using var device = new DeviceUnderTest(driver);
        TensorType[] types = [new(DType.F32, (5, 3)), new(DType.F32, (3, 7))];
        var op = new MatMulOp(Epilogue: new(HasBias: false, ActivationKind.Relu));
        var names = new MatMulKernel().VariantsOf(op, types, op.Infer(types), device.Device.Limits).Select(v => v.Label).ToArray();
        Assert.True(names.Length >= 3, string.Join(", ", names));
        var a = HostTensor.From([.. Enumerable.Range(0, 15).Select(i => i == 14 ? float.NaN : 1f)], (5, 3));
        var b = HostTensor.From([.. Enumerable.Repeat(2f, 21)], (3, 7));
        foreach (var name in names)
        {
            using var engine = new Engine(new VulkanBackend(Drivers.Open(driver), (_, _, variants) => variants.Single(v => v.Label == name)));
            var y = engine.Compile((a, b) => op.On(a, b)).Run(a, b)[0].Span<float>();
            Assert.Equal([.. Enumerable.Repeat(6f, 28), .. Enumerable.Repeat(float.NaN, 7)], y.ToArray());
        }
    }

    // A sum over a tile's pixels may spread a NaN to the tile, 2 x 2 at most, and no farther.
    [DriverTheory, MemberData(nameof(All))]
    public void Conv2D_NaN_StaysWithinAPixelOfItsWindow_InEveryVariant(string driver)
    {
        const int height = 9, width = 12, channels = 16;
        using var device = new DeviceUnderTest(driver);
        TensorType[] types = [new(DType.F32, (1, height, width, channels)), new(DType.F32, (3, 3, channels, 16))];
        var op = new Conv2DOp(Conv2DGeometry.Unit);
        var variants = new Conv2DKernel().VariantsOf(op, types, op.Infer(types), device.Device.Limits);
        Assert.Equal(device.Device.Limits.HasLaneChain, variants.Any(v => v.Label == "lane/winograd"));
        var (h, w) = (4, 5);
        var x = HostTensor.From([.. Enumerable.Range(0, height * width * channels).Select(i => i == (h * width + w) * channels + 3 ? float.NaN : 1f)], types[0].Shape);
        var ones = HostTensor.From([.. Enumerable.Repeat(1f, 9 * channels * 16)], types[1].Shape);
        foreach (var name in variants.Select(v => v.Label))
        {
            using var engine = new Engine(new VulkanBackend(Drivers.Open(driver), (_, _, variants) => variants.Single(v => v.Label == name)));
            var y = engine.Compile((x, w) => op.On(x, w)).Run(x, ones)[0];
            var elements = y.Span<float>().ToArray();
            for (var i = 0; i < elements.Length; i++)
            {
                var (p, q) = (i / 16 / (width - 2), i / 16 % (width - 2));
                var (above, before) = (h - p, w - q); // 0 to 2 where the window holds the NaN
                if (above is >= 0 and <= 2 && before is >= 0 and <= 2)
                    Assert.True(float.IsNaN(elements[i]), $"{name}: y({p}, {q}) is {elements[i]}");
                else if (above is < -1 or > 3 || before is < -1 or > 3)
                    Assert.True(elements[i] == 9 * channels, $"{name}: y({p}, {q}) is {elements[i]}");
            }
        }
    }

    [DriverTheory, MemberData(nameof(All))]
    public void MatMul_FourBatchAxesThatStretchInTurn_AreTheProductsOfEach(string driver)
    {
        var draw = Draw.FromSeed(1);
        var (a, b) = (draw.Uniform(new Shape(2, 1, 2, 1, 3, 4)), draw.Uniform(new Shape(1, 3, 1, 2, 4, 5)));
        Assert.Equal(6, MatMulBatches.Of(a.Shape, b.Shape, new(2, 3, 2, 2, 3, 5)).Count);
        Agree(driver, new MatMulOp(), 1e-5, a, b);
    }

    // 19,208 pixels are summed for each of 27 weights: more than one slice, and the bias's gradient with them.
    [DriverTheory, MemberData(nameof(All))]
    public void Conv2DWeightGradient_LongSums_AreSlicedAndTheSameEveryTime(string driver)
    {
        var op = new Conv2DWeightGradientOp(Conv2DGeometry.Unit, 3, WithBiasGradient: true);
        var draw = Draw.FromSeed(2);
        var (x, dy) = (draw.Uniform((2, 100, 100, 3)), draw.Uniform((2, 98, 98, 4)));
        var (first, second) = (Agree(driver, op, 2e-3, x, dy), Agree(driver, op, 2e-3, x, dy));
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Bytes.ToArray(), pair.Second.Bytes.ToArray()));
    }

    [Fact]
    public void Divisor_Words_DivideExactly()
    {
        var random = new SplitMix(3);
        int[] divisors = [1, 2, 3, 5, 7, 9, 10, 64, 641, 65_535, 65_537, 1 << 30, (1 << 30) + 1, int.MaxValue - 1, int.MaxValue, .. Enumerable.Range(0, 500).Select(_ => (int)(random.Next() % int.MaxValue) + 1)];
        foreach (var d in divisors)
        {
            var words = Divisor.Words(d);
            uint[] near = [0, 1, (uint)d - 1, (uint)d, .. Enumerable.Range(0, 100).Select(_ => (uint)(random.Next() % (uint)(int.MaxValue / d) + 1) * (uint)d)];
            foreach (var n in near.SelectMany(n => (uint[])[n, n == 0 ? 0 : n - 1, int.MaxValue]))
                Assert.Equal(n / (uint)d, (uint)(((2ul * n * words[0]) >> 32) >> (int)words[1])); // as divide.glsl does
        }
    }

    [Fact]
    public void Tile_ThatTheDeviceCannotHold_IsNotOffered()
    {
        var small = new DeviceLimits { MaxWorkgroupInvocations = 128, MaxWorkgroupX = 128, SharedMemoryBytes = 16384 };
        Assert.Equal(["tile64x64", "tile32x32"], Tile.Variants(small, 1 << 20, 1 << 10, 1).Select(v => v.Name));
        Assert.Equal(["tile32x32"], Tile.Variants(small with { MaxWorkgroupInvocations = 64 }, 1 << 20, 1 << 10, 1).Select(v => v.Name));
        Assert.Empty(Tile.Variants(small, 1 << 30, 1, 1)); // more rows of tiles than a grid has
    }

    [Fact]
    public void Tile_FirstGuess_FillsTheDeviceBeforeItGrows()
    {
        var large = new DeviceLimits { MaxWorkgroupInvocations = 1024, MaxWorkgroupX = 1024, SharedMemoryBytes = 49152 };
        Assert.Equal("tile128x128", Tile.Variants(large, 4096, 4096, 1).First().Name);
        Assert.Equal("tile32x32", Tile.Variants(large, 128, 128, 1).First().Name);
    }

    private static Engine Open(string driver) => new(new VulkanBackend(Drivers.Open(driver)));

    // The default variant's outputs, each element within a tolerance of the reference.
    private static HostTensor[] Agree(string driver, Op op, double tolerance, params ReferenceTensor[] inputs)
    {
        ReferenceTensor[] expected = [.. op.Infer([.. inputs.Select(i => i.Type)]).Select(t => new ReferenceTensor(t))];
        op.Reference(inputs, expected);
        using var engine = Open(driver);
        using var step = engine.Compile(inputs.Length, x => [.. x[0].Graph.Add(op, [.. x]).Outputs]);
        var outputs = step.Run([.. inputs.Select(i => i.ToHost())]);
        for (var o = 0; o < expected.Length; o++)
            for (var i = 0; i < expected[o].Elements.Length; i++)
                Assert.Equal(expected[o][i], outputs[o][i], tolerance);
        return [.. outputs];
    }
}
