using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

/// <summary>Normalising and resizing layers, and embeddings: shapes, weights and errors; their values against PyTorch's are in TorchLayerTests.</summary>
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

    [Fact]
    public void Resizing_OfImages_HasKerasShapesAndValues()
    {
        using var engine = Engines.Reference();
        var x = HostTensor.From([1f, 2, 3, 4], (1, 2, 2, 1));
        double[] Run(Layer layer) => engine.Compile(t => layer.Call(t)).Run(x)[0].Doubles();
        Assert.Equal([1.0, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], Run(new UpSampling2D()));
        Assert.Equal([1.0, 1.25, 1.75, 2, 3, 3.25, 3.75, 4], Run(new UpSampling2D((1, 2), Interpolation.Bilinear)));
        Engines.AssertClose([1, 4 / 3.0, 5 / 3.0, 2, 3, 10 / 3.0, 11 / 3.0, 4], Run(new UpSampling2D((1, 2), Interpolation.Bilinear, PixelGrid.AlignCorners)), 1e-6);
        Assert.Equal([2.5], Run(new Resizing(1, 1)));
        Assert.Equal((6, 15, 7), new UpSampling2D((2, 3)).ComputeOutputShape((3, 5, 7)));
        Assert.Equal((9, 4, 7), new Resizing(9, 4).ComputeOutputShape((3, 5, 7)));
        Assert.Equal(("up_sampling2d", "pixel_shuffle"), (new UpSampling2D().Kind, new PixelShuffle(2).Kind));
    }

    // TensorFlow's depth_to_space: a pixel's channels are the squares' pixels, each with its channels.
    [Theory, InlineData(false, new[] { 0.0, 1, 2, 3, 4, 5, 6, 7 }), InlineData(true, new[] { 0.0, 4, 1, 5, 2, 6, 3, 7 })]
    public void PixelShuffle_OfOnePixel_OrdersItsChannels_AndPixelUnshuffleUndoesIt(bool channelsFirst, double[] expected)
    {
        using var engine = Engines.Reference();
        var (shuffle, back) = (new PixelShuffle(2, channelsFirst), new PixelUnshuffle(2, channelsFirst));
        var x = HostTensor.From([0f, 1, 2, 3, 4, 5, 6, 7], (1, 1, 1, 8));
        var results = engine.Compile(1, a => [shuffle.Call(a[0]), back.Call(shuffle.Call(a[0]))]).Run(x);
        Assert.Equal(new Shape(1, 2, 2, 2), results[0].Type.Shape);
        Assert.Equal(expected, results[0].Doubles());
        Assert.Equal(x.Doubles(), results[1].Doubles());
    }

    [Fact]
    public void Resizing_ThatCannotBe_SaysWhatFits()
    {
        Assert.Contains("takes images (height, width, channels), not (3, 5)", Refusal(new UpSampling2D(), (3, 5)), StringComparison.Ordinal);
        Assert.Contains("nearest pixels have no corners to align", Refusal(new UpSampling2D(grid: PixelGrid.AlignCorners), (3, 5, 1)), StringComparison.Ordinal);
        Assert.Contains("0x4 pixels; there must be at least one row", Refusal(new Resizing(0, 4), (3, 5, 1)), StringComparison.Ordinal);
        Assert.Contains("Layer 'p': 6 channels do not divide into squares of 2x2 pixels. Give it a multiple of 4", Refusal(new PixelShuffle(2, name: "p"), (3, 5, 6)), StringComparison.Ordinal);
        Assert.Contains("3x5 pixels do not divide into squares of 2x2. Pad or crop", Refusal(new PixelUnshuffle(2), (3, 5, 6)), StringComparison.Ordinal);
    }

    [Fact]
    public void Embedding_OfIndexes_TakesRows_AndAddsTheirGradients()
    {
        using var engine = Engines.Reference();
        var layer = new Embedding(4, 2, maskZero: true);
        layer.Build(new Shape(3));
        Assert.Equal(("embedding/embeddings", (Shape)(4, 2)), (layer.Parameters[0].Name, layer.Parameters[0].Type.Shape));
        engine.State.Write(layer.Embeddings!, HostTensor.From([0f, 1, 10, 11, 20, 21, 30, 31], (4, 2)));
        foreach (var index in (ReadOnlySpan<HostTensor>)[HostTensor.From([1u, 3, 0, 1, 1, 2], (2, 3)), HostTensor.From([1f, 3, 0, 1, 1, 2], (2, 3))])
        {
            var results = engine.Compile(1, a =>
            {
                var y = layer.Call(a[0]);
                return [y, Grad.Of(y.Sum(), layer.Embeddings!), y.Mask()!.Cast(DType.F32)];
            }).Run(index);
            Assert.Equal([10.0, 11, 30, 31, 0, 1, 10, 11, 10, 11, 20, 21], results[0].Doubles());
            Assert.Equal([1.0, 1, 3, 3, 1, 1, 1, 1], results[1].Doubles());
            Assert.Equal([1.0, 1, 0, 1, 1, 1], results[2].Doubles());
        }
        Assert.Contains("only sequences of indexes (steps) have a mask, not (3, 2)", Refusal(layer, (3, 2)), StringComparison.Ordinal);
        Assert.Contains("0 rows of 2", Refusal(new Embedding(0, 2), new Shape(3)), StringComparison.Ordinal);
        Assert.Equal((3, 4, 2), new Embedding(5, 2).ComputeOutputShape((3, 4)));
    }

    // A diagonal kernel's largest singular value is its largest entry.
    [Fact]
    public void SpectralNormalization_DividesByTheLargestSingularValue_AndMovesUInTrainingAlone()
    {
        using var engine = Engines.Reference();
        var dense = new Dense(2, useBias: false);
        var layer = new SpectralNormalization(dense, powerIterations: 20, name: "s");
        layer.Build(new Shape(2));
        Assert.Equal(["s/vector_u", "s/dense/kernel"], layer.Parameters.Select(p => p.Name));
        Assert.Equal([false, true], layer.Parameters.Select(p => p.Trainable));
        engine.State.Write(dense.Kernel!, HostTensor.From([3f, 0, 0, 0.5f], (2, 2)));
        engine.State.Write(layer.Parameters[0], HostTensor.From([3f, 4], (1, 2)));
        var x = HostTensor.From([1f, 1], (1, 2));
        var (trained, inferred) = (engine.Compile(t => layer.Call(t, training: true)), engine.Compile(t => layer.Call(t)));
        var before = inferred.Run(x)[0].Doubles();
        Assert.Equal([3.0, 4], engine.State.Read(layer.Parameters[0]).Doubles());
        Assert.True(before[0] > 1.0001, "u is not yet the direction that is stretched most");
        Engines.AssertClose([1, 1 / 6.0], trained.Run(x)[0].Doubles(), 1e-6);
        Engines.AssertClose([1, 0], engine.State.Read(layer.Parameters[0]).Doubles(), 1e-6);
        Engines.AssertClose([1, 1 / 6.0], inferred.Run(x)[0].Doubles(), 1e-6);
        Assert.Equal([3.0, 0, 0, 0.5], engine.State.Read(dense.Kernel!).Doubles());

        layer.Trainable = false;
        engine.State.Write(layer.Parameters[0], HostTensor.From([3f, 4], (1, 2)));
        engine.Compile(t => layer.Call(t, training: true) + 0f).Run(x);
        Assert.Equal([3.0, 4], engine.State.Read(layer.Parameters[0]).Doubles());
    }

    [Fact]
    public void SpectralNormalization_OfZeros_LeavesThem_AndOfALayerWithoutAKernel_SaysSo()
    {
        using var engine = Engines.Reference();
        var layer = new SpectralNormalization(new Dense(2, kernelInitializer: Initializer.Zeros));
        layer.Build(new Shape(2));
        engine.State.Write(layer.Parameters[0], HostTensor.From([3f, 4], (1, 2)));
        var kernel = layer.Parameters[1];
        var results = engine.Compile(1, a => layer.Call(a[0], training: true) is var y ? [y, Grad.Of(y.Sum(), kernel)] : []).Run(HostTensor.From([1f, 2], (1, 2)));
        Assert.Equal([0.0, 0], results[0].Doubles());
        Assert.Equal([1.0, 1, 2, 2], results[1].Doubles());
        Assert.Equal([3.0, 4], engine.State.Read(layer.Parameters[0]).Doubles());
        Assert.Contains("'flatten' (flatten) has neither a kernel nor embeddings", Assert.Throws<ForgeException>(() => new SpectralNormalization(new Flatten()).Build((2, 2))).Message, StringComparison.Ordinal);
        Assert.Contains("0 power iterations", Assert.Throws<ForgeException>(() => new SpectralNormalization(new Dense(1), 0).Build(new Shape(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Embedding_MaskZero_LeavesPaddingOutOfWhatFollows()
    {
        using var engine = Engines.Reference();
        var (embedding, lstm) = (new Embedding(4, 2, maskZero: true), new LSTM(3));
        var padded = engine.Compile(x => lstm.Call(embedding.Call(x))).Run(HostTensor.From([2f, 3, 0, 0], (1, 4)))[0];
        var (plain, other) = (new Embedding(4, 2), new LSTM(3));
        plain.Build(new Shape(2));
        other.Build((2, 2));
        foreach (var (from, to) in embedding.Parameters.Concat(lstm.Parameters).Zip(plain.Parameters.Concat(other.Parameters))) engine.State.Write(to, engine.State.Read(from));
        Engines.AssertClose(engine.Compile(x => other.Call(plain.Call(x))).Run(HostTensor.From([2f, 3], (1, 2)))[0].Doubles(), padded.Doubles(), 1e-6);
    }

    [Fact]
    public void SpectralNormalization_CalledTwiceInAStep_MovesUTwice_AndHasSecondDerivatives()
    {
        using var engine = Engines.Reference();
        var layer = new SpectralNormalization(new Dense(2, useBias: false));
        layer.Build(new Shape(2));
        var (u, kernel) = (layer.Parameters[0], layer.Parameters[1]);
        engine.State.Write(kernel, HostTensor.From([4f, 0, 0, 1], (2, 2)));
        engine.State.Write(u, HostTensor.From([0.6f, 0.8f], (1, 2)));
        var results = engine.Compile(1, a =>
        {
            var slope = Grad.Of(layer.Call(layer.Call(a[0], training: true), training: true).Square().Sum(), a[0]);
            return [Grad.Of(slope.SumSquares(), kernel)];
        }).Run(HostTensor.From([1f, 1], (1, 2)));
        // Each move multiplies the directions by the squares of their singular values.
        var ratio = 0.8 / 0.6 / Math.Pow(16, 2);
        Engines.AssertClose([1 / Math.Sqrt(1 + ratio * ratio), ratio / Math.Sqrt(1 + ratio * ratio)], engine.State.Read(u).Doubles(), 1e-6);
        Assert.All(results[0].Doubles(), v => Assert.True(double.IsFinite(v)));
        Assert.NotEqual(0, results[0][3]);
    }

    [Fact]
    public void SpectralNormalization_PassesMasksOnAsItsLayerDoes_AndWantsAKernelOfItsOwn()
    {
        using var engine = Engines.Reference();
        engine.Compile(x =>
        {
            var masked = new Masking().Call(x);
            Assert.NotNull(new SpectralNormalization(new Dense(3)).Call(masked).Mask());
            // Fewer steps than the mask has.
            var shorter = new SpectralNormalization(new Conv1D(3, 2)).Call(masked);
            Assert.Null(shorter.Mask());
            return shorter;
        }).Run(Engines.Uniform(1, new(2, 4, 3), -1, 1));
        Assert.Contains("has neither a kernel", Assert.Throws<ForgeException>(() => new SpectralNormalization(new Bidirectional(() => new LSTM(2))).Build((4, 3))).Message, StringComparison.Ordinal);
    }
}
