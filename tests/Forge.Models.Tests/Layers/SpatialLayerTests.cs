using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

/// <summary>Shapes, weights and errors of normalising layers; their values against PyTorch's are in TorchLayerTests.</summary>
public sealed class SpatialLayerTests
{
    private static string Refusal(Layer layer, Shape input) => Assert.Throws<ShapeException>(() => layer.ComputeOutputShape(input)).Message;

    private static IEnumerable<Shape> Weights(Layer layer, Shape input)
    {
        layer.Build(input);
        return layer.Parameters.Select(p => p.Type.Shape);
    }

    [Fact]
    public void NormalizingLayers_HaveKerasWeights()
    {
        Assert.Equal([new(6), new Shape(6)], Weights(new LayerNormalization(), (4, 5, 6)));
        // In the order of the tensor's axes, however they are named.
        Assert.Equal([new(4, 6), new Shape(4, 6)], Weights(new LayerNormalization([-1, 1]), (4, 5, 6)));
        Assert.Equal([new Shape(64)], Weights(new GroupNormalization(center: false), (8, 8, 64)));
        Assert.Equal([new Shape(4), new Shape(4)], Weights(new GroupNormalization(2, axis: 1), (4, 5, 6)));
        Assert.Empty(Weights(new InstanceNormalization(center: false, scale: false), (4, 5, 6)));
        Assert.Equal("layer_normalization group_normalization instance_normalization",
            string.Join(' ', new Layer[] { new LayerNormalization(), new GroupNormalization(), new InstanceNormalization() }.Select(l => l.Kind)));
    }

    [Fact]
    public void NormalizingLayers_AlongAnAxisInTheMiddle_AverageOverItAlone()
    {
        using var engine = Engines.Reference();
        var x = HostTensor.From([1f, 10, 3, 30, 7, 70, 9, 90], (2, 2, 2));
        var y = engine.Compile(t => new LayerNormalization([1], epsilon: 1e-9f).Call(t)).Run(x)[0];
        Engines.AssertClose([-1, -1, 1, 1, -1, -1, 1, 1], y.Doubles(), 1e-6);
    }

    [Fact]
    public void NormalizingLayers_ThatDoNotFit_SayWhatWould()
    {
        Assert.Contains("Layer 'g': 12 channels do not divide into 5 groups. Use 1, 2, 3, 4, 6, 12, or -1", Refusal(new GroupNormalization(5, name: "g"), (8, 8, 12)), StringComparison.Ordinal);
        Assert.Contains("axis 0 is the batch or is not there, for examples (8, 8, 12). Use one of 1 to 3", Refusal(new LayerNormalization([0]), (8, 8, 12)), StringComparison.Ordinal);
        Assert.Contains("axis 4 is the batch", Refusal(new GroupNormalization(1, axis: 4), (8, 8, 12)), StringComparison.Ordinal);
        Assert.Contains("has no axes to average over", Refusal(new LayerNormalization([]), (8, 8, 12)), StringComparison.Ordinal);
        Assert.Contains("takes images or sequences", Refusal(new InstanceNormalization(), new(12)), StringComparison.Ordinal);
    }
}
