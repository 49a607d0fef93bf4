using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

/// <summary>Layers whose values are known without an oracle.</summary>
public sealed class LayerValuesTests
{
    private static double[] Run(Layer layer, HostTensor x, bool training = false)
    {
        using var engine = Engines.Reference();
        return engine.Compile(t => layer.Call(t, training)).Run(x)[0].Doubles();
    }

    private static readonly HostTensor s_square = HostTensor.From([1f, 2, 3, 4, 5, 6, 7, 8, 9], (1, 3, 3, 1));

    [Fact]
    public void Pooling_ValidAndSame_TreatsTheEdgeAsKerasDoes()
    {
        Assert.Equal([5.0], Run(new MaxPooling2D(2), s_square));
        Assert.Equal([5.0, 6, 8, 9], Run(new MaxPooling2D(2, padding: Border.Same), s_square));
        Assert.Equal([5.0, 6, 8, 9], Run(new MaxPooling2D(2, strides: 1), s_square));
        Assert.Equal([3.0], Run(new AveragePooling2D(2), s_square));
        // Padding is at the bottom and right, and is not counted.
        Assert.Equal([3.0, 4.5, 7.5, 9], Run(new AveragePooling2D(2, padding: Border.Same), s_square));
        Assert.Equal([5.0], Run(new GlobalAveragePooling2D(), s_square));
    }

    [Fact]
    public void Pooling_ExplicitPadding_IsNeitherCountedNorWins()
    {
        // PyTorch's MaxPool2d(2, padding=1), and its AvgPool2d with count_include_pad=False.
        var negative = HostTensor.From([-1f, -2, -3, -4, -5, -6, -7, -8, -9], (1, 3, 3, 1));
        Assert.Equal([-1.0, -2, -4, -5], Run(new MaxPooling2D(2, padding: 1), negative));
        Assert.Equal([1.0, 2.5, 5.5, 7], Run(new AveragePooling2D(2, padding: 1), s_square));
        Assert.Equal([1.0, 3, 4, 6, 7, 9], Run(new MaxPooling2D((1, 2), strides: (1, 2), padding: new Padding2D(0, 0, 1, 0)), s_square));
        var problem = Assert.Throws<ShapeException>(() => new MaxPooling2D(2, padding: 2, name: "pool").ComputeOutputShape((3, 3, 1)));
        Assert.Contains("'pool'", problem.Message, StringComparison.Ordinal);
        Assert.Contains("2,2,2,2", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Conv2D_ExplicitPadding_AddsZerosOnEachSideAsSaid()
    {
        Conv2D Sum(Border padding) => new(1, 3, padding: padding, kernelInitializer: Initializer.Ones);
        Assert.Equal([12.0, 21, 16, 27, 45, 33, 24, 39, 28], Run(Sum(1), s_square));
        Assert.Equal([21.0, 16, 45, 33], Run(Sum(new Padding2D(Top: 1, Bottom: 0, Left: 0, Right: 1)), s_square));
        Assert.Equal([45.0], Run(Sum(0), s_square));
        Assert.Equal(Run(Sum(Border.SameSymmetric), s_square), Run(Sum(1), s_square));
        Assert.Equal((4, 3, 1), Sum(new Padding2D(2, 1, 1, 1)).ComputeOutputShape((3, 3, 1)));
        Assert.Contains("negative", Assert.Throws<ShapeException>(() => Sum(-1).ComputeOutputShape((3, 3, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("padding 0,0,1,0", Assert.Throws<ShapeException>(() => new Conv2D(1, 5, padding: new Padding2D(0, 0, 1, 0)).ComputeOutputShape((3, 3, 1))).Message, StringComparison.Ordinal);
        Assert.Equal(["valid", "same", "same symmetric", "1,1,1,1"], ((Border[])[0, Border.Same, Border.SameSymmetric, 1]).Select(b => b.ToString()));
    }

    [Fact]
    public void Conv2D_AsymmetricKernel_IsNotFlipped()
    {
        // Only the tap at the window's bottom right is 1: y is x moved up and left.
        var layer = new Conv2D(1, 2, biasInitializer: new Constant(0.5f));
        using var engine = Engines.Reference();
        layer.Build((3, 3, 1));
        engine.State.Write(layer.Kernel!, HostTensor.From([0f, 0, 0, 1], (2, 2, 1, 1)));
        Assert.Equal([5.5, 6.5, 8.5, 9.5], engine.Compile(x => layer.Call(x)).Run(s_square)[0].Doubles());
    }

    [Fact]
    public void Activations_OfLayers_HaveKerasDefaults()
    {
        var x = HostTensor.From([-2f, 0, 3, 9], (1, 4));
        Engines.AssertClose([-0.6, 0, 3, 9], Run(new LeakyReLU(), x), 1e-6);
        Assert.Equal([0.0, 0, 3, 6], Run(new ReLU(maxValue: 6), x));
        Engines.AssertClose([-0.2, 0, 3, 9], Run(new ReLU(negativeSlope: 0.1f), x), 1e-6);
        Assert.Equal([-3.0, 1, 7, 19], Run(new Rescaling(2, 1), x));
        Assert.Equal(1, Run(new Activation("softmax"), x).Sum(), 1e-6);
    }

    [Fact]
    public void Dropout_Training_DropsTheShareAndScalesTheRest_InferenceDoesNothing()
    {
        var ones = HostTensor.From([.. Enumerable.Repeat(1f, 4000)], (40, 100));
        Assert.All(Run(new Dropout(0.25f), ones), v => Assert.Equal(1, v));
        var dropped = Run(new Dropout(0.25f), ones, training: true);
        Assert.InRange(dropped.Count(v => v == 0), 850, 1150);
        Assert.All(dropped, v => Assert.True(v == 0 || Math.Abs(v - 1 / 0.75) < 1e-6));
        Assert.Throws<ForgeException>(() => new Dropout(1));
    }

    [Fact]
    public void Dropout_EachRunAndEachLayer_DrawsAnew()
    {
        using var engine = Engines.Reference();
        var (one, two) = (new Dropout(0.5f), new Dropout(0.5f));
        var step = engine.Compile(1, a => [one.Call(a[0], training: true), two.Call(a[0], training: true)]);
        var ones = HostTensor.From([.. Enumerable.Repeat(1f, 200)], (2, 100));
        var (first, second) = (step.Run(ones), step.Run(ones));
        Assert.NotEqual(first[0].Doubles(), first[1].Doubles());
        Assert.NotEqual(first[0].Doubles(), second[0].Doubles());
        using var again = Engines.Reference();
        Assert.Equal(first[0].Doubles(), again.Compile(x => one.Call(x, training: true)).Run(ones)[0].Doubles());
    }

    [Fact]
    public void Dense_MoreAxes_WorksAlongTheLast()
    {
        var y = Run(new Dense(1, kernelInitializer: Initializer.Ones), HostTensor.From([1f, 2, 3, 4, 5, 6, 7, 8], (2, 2, 2)));
        Assert.Equal([3.0, 7, 11, 15], y);
    }
}
