using System.Text.Json;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Normalising and resizing layers on every driver against PyTorch: fixtures/torch_layers.json, made by tests/oracle/torch_layers.py.</summary>
public sealed class TorchLayerTests
{
    // Of the largest element of each tensor.
    private const double Tolerance = 1e-5;

    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_layers.json"))).RootElement;

    // Each case's layer, and its input's shape.
    private static readonly Dictionary<string, (Func<Layer> Make, Shape X)> s_cases = new()
    {
        ["layer norm"] = (() => new LayerNormalization(), new(3, 7, 20)),
        ["layer norm of a row of lanes"] = (() => new LayerNormalization(), new(24, 32)),
        ["layer norm of whole images"] = (() => new LayerNormalization([1, 2, 3], epsilon: 1e-5f), new(2, 4, 5, 3)),
        ["group norm"] = (() => new GroupNormalization(3), new(2, 4, 5, 12)),
        ["group norm of rows"] = (() => new GroupNormalization(4), new(3, 12)),
        ["instance norm"] = (() => new InstanceNormalization(), new(2, 4, 5, 6)),
        ["instance norm of sequences"] = (() => new InstanceNormalization(epsilon: 1e-5f, center: false, scale: false), new(2, 9, 5)),
        ["nearest"] = (() => new UpSampling2D((2, 3)), new(2, 3, 4, 5)),
        ["nearest of four channels"] = (() => new Resizing(8, 4, Interpolation.Nearest), new(1, 5, 7, 4)),
        ["nearest, from the corner"] = (() => new Resizing(8, 4, Interpolation.Nearest, PixelGrid.TopLeft), new(1, 5, 7, 3)),
        ["bilinear"] = (() => new UpSampling2D((2, 3), Interpolation.Bilinear), new(2, 3, 4, 5)),
        ["bilinear of eight channels"] = (() => new UpSampling2D(interpolation: Interpolation.Bilinear), new(2, 5, 6, 8)),
        ["bilinear to any size"] = (() => new Resizing(9, 3), new(1, 5, 7, 3)),
        ["bilinear, corners aligned"] = (() => new Resizing(9, 3, grid: PixelGrid.AlignCorners), new(1, 5, 7, 4)),
        ["spectral norm of a dense layer"] = (() => new SpectralNormalization(new Dense(5)), new(4, 7)),
        ["spectral norm of a convolution"] = (() => new SpectralNormalization(new Conv2D(8, 3), powerIterations: 3), new(2, 5, 6, 4)),
        ["pixel shuffle"] = (() => new PixelShuffle(2, channelsFirst: true), new(2, 3, 4, 12)),
        ["pixel unshuffle"] = (() => new PixelUnshuffle(2, channelsFirst: true), new(2, 4, 6, 3)),
    };

    public static TheoryData<string> All => Drivers.All;

    [DriverTheory, MemberData(nameof(All))]
    public void Layer_OnADriver_IsPyTorchs(string driver)
    {
        Assert.Equal(s_golden.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), s_cases.Keys.Order(StringComparer.Ordinal));
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        foreach (var name in s_cases.Keys) Compare(engine, name);
    }

    private static void Compare(Engine engine, string name)
    {
        var ((make, shape), golden) = (s_cases[name], s_golden.GetProperty(name));
        var layer = make();
        layer.Build(new Shape(shape.Extents[1..]));
        Parameter[] weights = [.. layer.Parameters.Where(p => p.Trainable)], statistics = [.. layer.Parameters.Where(p => !p.Trainable)];
        foreach (var statistic in statistics) engine.State.Write(statistic, SharedHash.Uniform(50, statistic.Type.Shape, -1, 1));
        for (var i = 0; i < weights.Length; i++) engine.State.Write(weights[i], SharedHash.Uniform((uint)i + 2, weights[i].Type.Shape, -1, 1));
        var y = new Shape([.. golden.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())]);
        Assert.Equal(y, new Shape([shape[0], .. layer.OutputShape!]));
        using var step = engine.Compile(2, a =>
        {
            var value = layer.Call(a[0], training: true);
            return [value, .. Grad.Of((value * a[1]).Sum(), [a[0], .. weights.Select(w => (Tensor)w)])];
        });
        var run = step.Run(SharedHash.Uniform(1, shape, -1, 1), SharedHash.Uniform(99, y, -1, 1));
        HostTensor[] results = [.. Enumerable.Range(0, run.Count).Select(i => run[i]), .. statistics.Select(engine.State.Read)];
        Assert.Equal(golden.GetProperty("values").GetArrayLength(), results.Length);
        for (var part = 0; part < results.Length; part++)
        {
            double[] expected = [.. golden.GetProperty("values")[part].EnumerateArray().Select(e => e.GetDouble())];
            Assert.Equal(expected.Length, results[part].Type.Count);
            var limit = Tolerance * expected.Max(Math.Abs);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - results[part][i]) <= limit, $"{name}: value {part}[{i}] is {results[part][i]:R}, PyTorch's {expected[i]:R}");
        }
    }
}
