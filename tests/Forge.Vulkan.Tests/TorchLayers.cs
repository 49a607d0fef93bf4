using System.Text.Json;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Layers on a driver beside PyTorch: their outputs, gradients and statistics against a file of fixtures, which holds one row for each case.</summary>
/// <param name="fixture">The file's name.</param>
/// <param name="cotangent">The stream of the shared hash that the cotangent comes from; 1 is the input's, 2 and on the weights', 50 the statistics'.</param>
/// <param name="cases">Each case's layer, and its input's shape.</param>
internal sealed class TorchLayers(string fixture, uint cotangent, IReadOnlyDictionary<string, (Func<Layer> Make, Shape X)> cases)
{
    // Of the largest element of each tensor.
    private const double Tolerance = 1e-5;

    // In the order of the results, where a case names its values.
    private static readonly string[] s_names = ["y", "dx", "dkernel", "dbias"];

    private readonly JsonElement _golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", fixture))).RootElement;

    /// <summary>Compares all cases.</summary>
    public void MustBePyTorchs(string driver)
    {
        Assert.Equal(_golden.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), cases.Keys.Order(StringComparer.Ordinal));
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        foreach (var name in cases.Keys) Compare(engine, name);
    }

    private void Compare(Engine engine, string name)
    {
        var ((make, shape), golden) = (cases[name], _golden.GetProperty(name));
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
        var run = step.Run(SharedHash.Uniform(1, shape, -1, 1), SharedHash.Uniform(cotangent, y, -1, 1));
        HostTensor[] results = [.. Enumerable.Range(0, run.Count).Select(i => run[i]), .. statistics.Select(engine.State.Read)];
        double[][] expected = [.. Values(golden).Select(value => value.EnumerateArray().Select(e => e.GetDouble()).ToArray())];
        Assert.Equal(expected.Length, results.Length);
        for (var part = 0; part < results.Length; part++)
        {
            Assert.Equal(expected[part].Length, results[part].Type.Count);
            var limit = Tolerance * expected[part].Max(Math.Abs);
            for (var i = 0; i < expected[part].Length; i++)
                Assert.True(Math.Abs(expected[part][i] - results[part][i]) <= limit, $"{name}: value {part}[{i}] is {results[part][i]:R}, PyTorch's {expected[part][i]:R}");
        }
    }

    private static IEnumerable<JsonElement> Values(JsonElement golden) =>
        golden.TryGetProperty("values", out var values) ? values.EnumerateArray() : s_names.Where(name => golden.TryGetProperty(name, out _)).Select(name => golden.GetProperty(name));
}
