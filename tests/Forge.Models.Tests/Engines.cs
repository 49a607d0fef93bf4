using System.Text.Json;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Models.Cnn;

namespace Forge.Models.Tests;

/// <summary>What the engine-side tests share: an engine on the fp64 reference, the oracle's numbers, and small data.</summary>
internal static class Engines
{
    private static readonly Lazy<JsonElement> s_oracle = new(() =>
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "training.json")));
        return document.RootElement.Clone();
    });

    /// <summary>What tests/oracle/training.py computed.</summary>
    internal static JsonElement Oracle => s_oracle.Value;

    internal static Engine Reference(ulong seed = 7) => new(new ReferenceBackend(), new() { Seed = seed });

    /// <summary>The hash of the oracle's script.</summary>
    internal static HostTensor Uniform(uint stream, Shape shape, double low, double high) => SharedHash.Uniform(stream, shape, low, high);

    internal static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    internal static double[] Doubles(this HostTensor tensor) => [.. Enumerable.Range(0, tensor.Type.Count).Select(i => tensor[i])];

    internal static HostTensor OneHot(int rows, int classes, Func<int, int> label)
    {
        var value = new HostTensor(new(DType.F32, (rows, classes)));
        for (var i = 0; i < rows; i++) value.Span<float>()[i * classes + label(i)] = 1;
        return value;
    }

    internal static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"element {i}: expected {expected[i]:R}, got {actual[i]:R}");
    }
}
