using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

public sealed class ModelTests
{
    [Fact]
    public void ArticleCnn_At150_HasTheArticlesParametersAndShapes()
    {
        var model = ArticleCnn.Build((150, 150, 3), 10);
        Assert.Equal(4_829_642, model.Parameters.Sum(p => p.Type.Count));
        Assert.Equal(
            ["(150, 150, 3)", "(148, 148, 32)", "(74, 74, 32)", "(72, 72, 64)", "(36, 36, 64)", "(34, 34, 128)", "(17, 17, 128)", "(36992)", "(128)", "(10)"],
            model.Layers.Select(l => l.OutputShape!.ToString()));
        Assert.Equal(
            ["conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias", "conv2d_2/kernel", "conv2d_2/bias", "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"],
            model.Parameters.Select(p => p.Name));
    }

    [Fact]
    public void ArticleCnn_ImageTooSmall_SaysTheSizes()
    {
        var problem = Assert.Throws<ShapeException>(() => ArticleCnn.Build((21, 40, 3), 10));
        Assert.Contains("22x22", problem.Message, StringComparison.Ordinal);
        Assert.Contains("(21, 40, 3)", problem.Message, StringComparison.Ordinal);
        Assert.Equal(10, ArticleCnn.Build((22, 22, 1), 10).Layers[^1].OutputShape?[0] ?? ArticleCnn.Build((22, 22, 1), 10).ComputeOutputShape((22, 22, 1))[0]);
    }

    [Fact]
    public void Kind_EveryLayer_IsKerasSpelling()
    {
        Assert.Equal(
            ["conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d", "re_lu", "leaky_re_lu", "batch_normalization", "dense", "dropout", "flatten"],
            ((Layer[])[new Conv2D(1, 1), new MaxPooling2D(), new AveragePooling2D(), new GlobalAveragePooling2D(), new ReLU(), new LeakyReLU(), new BatchNormalization(), new Dense(1), new Dropout(0.5f), new Flatten()]).Select(l => l.Kind));
    }

    [Theory]
    [InlineData(false, 1, 3, 3)]
    [InlineData(false, 2, 2, 2)]
    [InlineData(true, 1, 5, 5)]
    [InlineData(true, 2, 3, 3)]
    public void Conv2D_BorderAndStride_GiveTheShapeThatTheGraphHas(bool same, int stride, int rows, int columns)
    {
        var border = same ? Border.Same : Border.Valid;
        using var engine = Engines.Reference();
        var layer = new Conv2D(4, 3, strides: stride, padding: border);
        Assert.Equal((rows, columns, 4), layer.ComputeOutputShape((5, 5, 2)));
        var y = engine.Compile(x => layer.Call(x)).Run(new HostTensor(new(DType.F32, (2, 5, 5, 2))))[0];
        Assert.Equal((2, rows, columns, 4), y.Shape);
    }

    [Fact]
    public void Functional_TwoBranchesAndASharedLayer_AddUp()
    {
        using var engine = Engines.Reference();
        var input = new Input(new Shape(3));
        var shared = new Dense(2, kernelInitializer: Initializer.Ones);
        var model = new Model(input, new Concatenate().Call(new Add().Call(shared.Call(input), shared.Call(input)), new Dense(1, kernelInitializer: Initializer.Ones).Call(input)));
        Assert.Equal(["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"], model.Parameters.Select(p => p.Name));
        var y = engine.Compile(x => model.Call(x)).Run(HostTensor.From([1f, 2, 3], (1, 3)))[0];
        Assert.Equal([12.0, 12, 6], y.Doubles());
    }

    [Fact]
    public void Reshape_AnyShape_KeepsTheBatch()
    {
        using var engine = Engines.Reference();
        var model = new Sequential(new Input((2, 6)), new Reshape((3, 2, 2)), new Flatten());
        var y = engine.Compile(2, a => [model.Layers[1].Call(a[0]), model.Call(a[1])]).Run(Engines.Uniform(1, (5, 2, 6), 0, 1), Engines.Uniform(1, (5, 2, 6), 0, 1));
        Assert.Equal((5, 3, 2, 2), y[0].Shape);
        Assert.Equal((5, 12), y[1].Shape);
        Assert.Throws<ShapeException>(() => new Reshape((3, 5)).ComputeOutputShape((2, 6)));
    }

    [Fact]
    public void Nested_TwoModelsOfOneKind_HaveDifferentNamesAndWeights()
    {
        using var engine = Engines.Reference();
        var model = new Sequential(new Input(new Shape(4)), new Sequential(new Dense(4)), new Sequential("head", new Dense(4)));
        Assert.Equal(["sequential/dense/kernel", "sequential/dense/bias", "head/dense/kernel", "head/dense/bias"], model.Parameters.Select(p => p.Name));
        Assert.NotEqual(engine.State.Read(model.Parameters[0]).Doubles(), engine.State.Read(model.Parameters[2]).Doubles());
    }

    [Fact]
    public void Nested_BothBuiltBeforehand_AreRefusedBecauseNamesClash()
    {
        var (one, two) = (new Sequential(new Input(new Shape(4)), new Dense(4)), new Sequential(new Input(new Shape(4)), new Dense(4)));
        Assert.Equal(one.Parameters[0].Name, two.Parameters[0].Name);
        var problem = Assert.Throws<ForgeException>(() => new Sequential(new Input(new Shape(4)), one, two).Parameters);
        Assert.Contains("dense/kernel", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_InputUnknown_SaysToGiveAnInput()
    {
        var problem = Assert.Throws<ForgeException>(() => new Sequential(new Dense(3)).Parameters);
        Assert.Contains("Input(shape)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Call_OtherShapeThanBuilt_NamesBoth()
    {
        using var engine = Engines.Reference();
        var model = new Sequential(new Input(new Shape(4)), new Dense(3, name: "head"));
        _ = model.Parameters;
        var problem = Assert.Throws<ShapeException>(() => engine.Compile(x => model.Call(x)).Run(new HostTensor(new(DType.F32, (2, 5)))));
        Assert.Contains("(4)", problem.Message, StringComparison.Ordinal);
        Assert.Contains("(5)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelMade_LayerTwiceOrNameTwice_IsRefused()
    {
        var layer = new Dense(3);
        Assert.Throws<ForgeException>(() => new Sequential(new Input(new Shape(3)), layer, layer));
        Assert.Contains("'a'", Assert.Throws<ForgeException>(() => new Sequential(new Dense(3, name: "a"), new Dense(3, name: "a"))).Message, StringComparison.Ordinal);
        Assert.Contains("relu", Assert.Throws<ForgeException>(() => new Dense(3, activation: "rleu")).Message, StringComparison.Ordinal);
        Assert.Throws<GraphException>(() => new Model(new Input(new Shape(2)), new Dense(2).Call(new Input(new Shape(2)))));
    }

    [Fact]
    public void Trainable_OfAModel_ReachesEveryWeightButNotStatistics()
    {
        var model = new Sequential(new Input(new Shape(4)), new Dense(3), new BatchNormalization());
        model.Trainable = false;
        Assert.All(model.Parameters, p => Assert.False(p.Trainable));
        model.Trainable = true;
        Assert.Equal(["dense/kernel", "dense/bias", "batch_normalization/gamma", "batch_normalization/beta"], model.Parameters.Where(p => p.Trainable).Select(p => p.Name));
    }

    [Fact]
    public void Regularizers_TwoWeights_AddTheirPenalties()
    {
        using var engine = Engines.Reference();
        var layer = new Dense(2, kernelInitializer: new Constant(-2), biasInitializer: new Constant(3), kernelRegularizer: new(L1: 0.5f, L2: 0.25f), biasRegularizer: Regularizer.OfL2(0.1f));
        layer.Build(new Shape(3));
        var penalty = engine.Evaluate(() => layer.Penalties().Aggregate((a, b) => a + b)).Scalar();
        Assert.Equal(0.5 * 12 + 0.25 * 24 + 0.1 * 18, penalty, 1e-5);
    }
}
