using System.Text.Json;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Layers over clips and sequences, and transposed convolutions, on every driver against PyTorch: fixtures/torch_convolutions.json, made by tests/oracle/torch_convolutions.py.</summary>
public sealed class TorchConvolutionTests
{
    // Of the largest element of each tensor.
    private const double Tolerance = 1e-5;

    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_convolutions.json"))).RootElement;

    // Each case's layer, and its input's shape.
    private static readonly Dictionary<string, (Func<Layer> Make, Shape X)> s_cases = new()
    {
        ["conv3d"] = (() => new Conv3D(5, 3), new(2, 4, 5, 7, 3)),
        ["conv3d padded"] = (() => new Conv3D(16, 3, padding: 1), new(1, 3, 4, 6, 3)),
        ["conv3d strided, dilated, in groups"] = (() => new Conv3D(6, (2, 3, 3), (1, 2, 3), new Padding3D(1, 1, new(0, 0, 1, 1)), dilation: (3, 1, 1), groups: 2), new(1, 7, 6, 7, 4)),
        ["conv2d transposed, as a DCGAN's"] = (() => new Conv2DTranspose(17, 4, 2, Border.Same), new(1, 4, 5, 6)),
        ["conv2d transposed, output padding"] = (() => new Conv2DTranspose(5, 3, 2, 1, outputPadding: (1, 1)), new(2, 4, 3, 16)),
        ["conv2d transposed, dilated"] = (() => new Conv2DTranspose(4, (3, 2), (1, 2), dilation: (2, 3)), new(1, 5, 4, 3)),
        ["conv1d"] = (() => new Conv1D(16, 5, padding: Border.Same), new(1, 19, 3)),
        ["conv1d strided, dilated, in groups"] = (() => new Conv1D(6, 3, 2, dilation: 3, groups: 2), new(2, 19, 4)),
        ["conv1d causal"] = (() => new Conv1D(4, 3, padding: Border.Causal, dilation: 2), new(2, 9, 3)),
        ["conv1d transposed"] = (() => new Conv1DTranspose(6, 4, 2, 1), new(2, 9, 4)),
        ["max pool 3d"] = (() => new MaxPooling3D(), new(2, 4, 6, 6, 3)),
        ["max pool 3d, overlapping, padded"] = (() => new MaxPooling3D((3, 2, 3), (1, 2, 2), new Padding3D(1, 1, new(0, 0, 1, 1))), new(1, 5, 6, 7, 4)),
        ["average pool 3d, padded"] = (() => new AveragePooling3D((3, 2, 3), 2, 1), new(2, 5, 6, 7, 3)),
        ["max pool 1d"] = (() => new MaxPooling1D(3, 2, 1), new(2, 9, 3)),
        ["average pool 1d"] = (() => new AveragePooling1D(3), new(2, 9, 3)),
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
        var weights = layer.Parameters;
        for (var i = 0; i < weights.Count; i++) engine.State.Write(weights[i], SharedHash.Uniform((uint)i + 2, weights[i].Type.Shape, -1, 1));
        var y = new Shape([.. golden.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())]);
        Assert.Equal(y, new Shape([shape[0], .. layer.OutputShape!]));
        using var step = engine.Compile(2, a =>
        {
            var value = layer.Call(a[0], training: true);
            return [value, .. Grad.Of((value * a[1]).Sum(), [a[0], .. weights.Select(w => (Tensor)w)])];
        });
        var results = step.Run(SharedHash.Uniform(1, shape, -1, 1), SharedHash.Uniform(4, y, -1, 1));
        string[] parts = ["y", "dx", "dkernel", "dbias"];
        for (var part = 0; part < results.Count; part++)
        {
            double[] expected = [.. golden.GetProperty(parts[part]).EnumerateArray().Select(e => e.GetDouble())];
            Assert.Equal(expected.Length, results[part].Type.Count);
            var limit = Tolerance * expected.Max(Math.Abs);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - results[part][i]) <= limit, $"{name}: {parts[part]}[{i}] is {results[part][i]:R}, PyTorch's {expected[i]:R}");
        }
    }
}
