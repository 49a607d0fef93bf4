using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

/// <summary>Shapes and errors of layers over clips and sequences and of transposed convolutions; their values against PyTorch's are in TorchConvolutionTests.</summary>
public sealed class ClipLayerTests
{
    private static string Refusal(Layer layer, Shape input) => Assert.Throws<ShapeException>(() => layer.ComputeOutputShape(input)).Message;

    // Keras 3's sizes; kernel, stride, dilation and output padding (-1: its default), then the extents for 5 inputs under "same" and "valid".
    [Theory]
    [InlineData(3, 2, 1, -1, 10, 11), InlineData(4, 2, 1, -1, 10, 12), InlineData(2, 3, 1, -1, 15, 15), InlineData(5, 1, 1, -1, 5, 9), InlineData(3, 2, 2, -1, 10, 13)]
    [InlineData(3, 2, 1, 0, 9, 11), InlineData(3, 2, 1, 1, 10, 12), InlineData(4, 2, 1, 1, 9, 13), InlineData(4, 3, 1, 2, 14, 18)]
    public void Conv2DTranspose_SameAndValid_HaveKerasSizes(int kernel, int stride, int dilation, int added, int same, int valid)
    {
        foreach (var (border, extent) in (ReadOnlySpan<(Border, int)>)[(Border.Same, same), (Border.Valid, valid)])
        {
            (int, int)? padding = added < 0 ? null : (added, added);
            var layer = new Conv2DTranspose(3, kernel, stride, border, padding, dilation: dilation);
            Assert.Equal((extent, extent, 3), layer.ComputeOutputShape((5, 5, 2)));
            Assert.Equal((extent, 3), new Conv1DTranspose(3, kernel, stride, border, added < 0 ? null : added, dilation: dilation).ComputeOutputShape((5, 2)));
            using var engine = Engines.Reference();
            Assert.Equal(new Shape(1, extent, extent, 3), engine.Compile(x => layer.Call(x)).Run(Engines.Uniform(1, (1, 5, 5, 2), -1, 1))[0].Type.Shape);
            Assert.Equal((kernel, kernel, 3, 2), layer.Kernel!.Type.Shape);
        }
    }

    [Fact]
    public void Conv2DTranspose_Same_LeavesOutTheSmallerHalfFirst()
    {
        // One input of 1 under a kernel of 1, 2, 3: stride 2 keeps two of the three, and leaves out the last.
        var layer = new Conv2DTranspose(1, (1, 3), (1, 2), Border.Same);
        layer.Build((1, 1, 1));
        using var engine = Engines.Reference();
        engine.State.Write(layer.Kernel!, HostTensor.From([1f, 2, 3], (1, 3, 1, 1)));
        Assert.Equal([1.0, 2], engine.Compile(x => layer.Call(x)).Run(HostTensor.From([1f], (1, 1, 1, 1)))[0].Doubles());
    }

    [Fact]
    public void TransposedConvolutions_ThatCannotBe_SayWhy()
    {
        Assert.Contains("output padding 2 must be from 0 to 1, less than the stride of 2", Refusal(new Conv2DTranspose(1, 3, 2, outputPadding: (0, 2)), (4, 4, 1)), StringComparison.Ordinal);
        Assert.Contains("leaves nothing of the 3 elements", Refusal(new Conv1DTranspose(1, 3, padding: 2, name: "up"), (1, 1)), StringComparison.Ordinal);
        Assert.Contains("negative", Refusal(new Conv2DTranspose(1, 3, padding: -1), (4, 4, 1)), StringComparison.Ordinal);
        Assert.Contains("takes images (height, width, channels), not (4, 4)", Refusal(new Conv2DTranspose(1, 3), (4, 4)), StringComparison.Ordinal);
    }

    [Fact]
    public void ClipLayers_HaveKerasShapes()
    {
        Shape clip = (8, 28, 30, 3);
        Assert.Equal((6, 26, 28, 16), new Conv3D(16, 3).ComputeOutputShape(clip));
        Assert.Equal((8, 14, 15, 16), new Conv3D(16, 3, (1, 2, 2), Border.Same).ComputeOutputShape(clip));
        Assert.Equal((10, 30, 32, 16), new Conv3D(16, 3, padding: 2).ComputeOutputShape((8, 28, 30, 3)));
        Assert.Equal((4, 14, 15, 3), new MaxPooling3D().ComputeOutputShape(clip));
        Assert.Equal((8, 14, 15, 3), new AveragePooling3D((1, 2, 2)).ComputeOutputShape(clip));
        Assert.Equal(new Shape(3), new GlobalAveragePooling3D().ComputeOutputShape(clip));
        Assert.Equal("max_pooling3d", new MaxPooling3D().Kind);
        Assert.Equal("conv2d_transpose", new Conv2DTranspose(1, 1).Kind);
        var layer = new Conv3D(16, (2, 3, 4), groups: 3, name: "c");
        Assert.Contains("do not divide into 3 groups", Refusal(layer, clip), StringComparison.Ordinal);
        layer = new Conv3D(6, (2, 3, 4), groups: 3, name: "c");
        layer.Build(clip);
        Assert.Equal(new Shape(2, 3, 4, 1, 6), layer.Kernel!.Type.Shape);
    }

    [Fact]
    public void ClipLayers_ThatDoNotFit_SayWhatWould()
    {
        Assert.Contains("Layer 'c': window 5x3x3 is larger than the 4x9x9 input (frames, height, width). Use longer clips", Refusal(new Conv3D(1, (5, 3, 3), name: "c"), (4, 9, 9, 1)), StringComparison.Ordinal);
        Assert.Contains("Use larger frames", Refusal(new MaxPooling3D((1, 5, 1)), (4, 3, 9, 1)), StringComparison.Ordinal);
        Assert.Contains("takes clips (frames, height, width, channels), not (9, 9, 1)", Refusal(new Conv3D(1, 3), (9, 9, 1)), StringComparison.Ordinal);
        Assert.Contains("padding 2,2,2,2,2,2 holds a whole 2x2x2 window", Refusal(new MaxPooling3D(padding: 2), (4, 4, 4, 1)), StringComparison.Ordinal);
        Assert.Contains("has frames in front or behind", Refusal(new Conv2D(1, 3, padding: new Padding3D(1, 0, default)), (9, 9, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void SequenceLayers_HaveKerasShapes_AndSayWhatDoesNotFit()
    {
        Assert.Equal((10, 4), new Conv1D(4, 3, 2, Border.Same).ComputeOutputShape((20, 3)));
        Assert.Equal((20, 4), new Conv1D(4, 3, padding: Border.Causal, dilation: 4).ComputeOutputShape((20, 3)));
        Assert.Equal((6, 3), new MaxPooling1D(3).ComputeOutputShape((20, 3)));
        Assert.Equal((10, 3), new AveragePooling1D(padding: Border.Same).ComputeOutputShape((19, 3)));
        Assert.Equal(new Shape(3), new GlobalMaxPooling1D().ComputeOutputShape((19, 3)));
        Assert.Contains("a window of 5 steps (dilation 2) is longer than the sequence of 8", Refusal(new Conv1D(1, 5, dilation: 2), (8, 1)), StringComparison.Ordinal);
        Assert.Contains("has rows or frames, which a sequence has not", Refusal(new Conv1D(1, 3, padding: new Padding2D(1, 1, 0, 0)), (8, 1)), StringComparison.Ordinal);
        Assert.Contains("Causal padding is for sequences", Refusal(new Conv2D(1, 3, padding: Border.Causal), (8, 8, 1)), StringComparison.Ordinal);
        Assert.Contains("takes sequences (steps, channels), not (8, 8, 1)", Refusal(new MaxPooling1D(), (8, 8, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void GlobalPooling_OfClipsAndSequences_IsTheMeanAndTheMaximum()
    {
        using var engine = Engines.Reference();
        var x = HostTensor.From([1f, 8, 3, 6, 5, 4, 7, 2], new Shape(1, 2, 2, 1, 2));
        Assert.Equal([4.0, 5, 7, 8], engine.Compile(x => Tensor.Concat(1, new GlobalAveragePooling3D().Call(x), new GlobalMaxPooling3D().Call(x))).Run(x)[0].Doubles());
        var steps = HostTensor.From([1f, 8, 3, 6], (1, 2, 2));
        Assert.Equal([2.0, 7, 3, 8], engine.Compile(x => Tensor.Concat(1, new GlobalAveragePooling1D().Call(x), new GlobalMaxPooling1D().Call(x))).Run(steps)[0].Doubles());
    }
}
