using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;

namespace Forge.Core.Tests;

/// <summary>Passes keep the meaning of a traced function and make it smaller.</summary>
public sealed class PassTests
{
    [Fact]
    public void Pipeline_OnATrainingStep_KeepsEveryValue()
    {
        var (step, feed) = SmallNetwork();
        var optimized = PassPipeline.Default.Run(step);
        Same(Evaluate(step, feed), Evaluate(optimized, feed));
    }

    private static void Same(IReadOnlyList<ReferenceTensor> before, IReadOnlyList<ReferenceTensor> after)
    {
        for (var i = 0; i < before.Count; i++)
            for (var k = 0; k < before[i].Elements.Length; k++)
                Assert.True(Math.Abs(before[i][k] - after[i][k]) <= 1e-12 * (1 + Math.Abs(before[i][k])), $"root {i}, element {k}: {before[i][k]} became {after[i][k]}");
    }

    [Fact]
    public void FuseEpilogue_ConvolutionBiasRelu_IsOneNode()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        var convolution = Assert.Single(optimized.LiveNodes(), n => n.Op is Conv2DOp);
        Assert.Equal(new Epilogue(HasBias: true, ActivationKind.Relu), ((Conv2DOp)convolution.Op).Epilogue);
        Assert.Contains(optimized.LiveNodes(), n => n.Op is MatMulOp { Epilogue.HasBias: true });
    }

    [Fact]
    public void FuseBiasGradient_SumOverTheSameCotangent_JoinsTheWeightGradient()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        Assert.Contains(optimized.LiveNodes(), n => n.Op is Conv2DWeightGradientOp { WithBiasGradient: true });
        Assert.Contains(optimized.LiveNodes(), n => n.Op is MatMulOp { WithColumnSums: true });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is ReduceOp { Kind: Reduction.Sum } sum && sum.Axes.Count == n.Inputs[0].Shape.Rank - 1);
    }

    // A dense layer of one unit: what flows back to its inputs is a column times a row, and its bias's gradient stays a sum of its own.
    [Fact]
    public void SpreadOuterProducts_GradientOfOneUnit_IsElementwise()
    {
        var draw = Draw.FromSeed(3);
        ReferenceTensor[] feed = [draw.Uniform(new Shape(5, 7)), draw.Uniform(new Shape(7, 1)), draw.Uniform(new Shape(1))];
        var graph = new Graph();
        var v = feed.Select((f, i) => graph.Add(new InputOp(i, f.Type)).Outputs[0]).ToArray();
        var gradients = Grad.Of((v[0].MatMul(v[1]) + v[2]).Square().Sum(), v);
        var step = new StepGraph(graph, [.. gradients], [], [.. feed.Select(f => f.Type)]);
        var optimized = PassPipeline.Default.Run(step);
        Assert.Contains(step.LiveNodes(), n => n.Op is MatMulOp { TransposeB: true });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is MatMulOp { TransposeB: true } or MatMulOp { WithColumnSums: true });
        Same(Evaluate(step, feed), Evaluate(optimized, feed));
    }

    [Fact]
    public void FusePoolGradient_OfAPooledRelu_IsOneNode()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        Assert.Single(optimized.LiveNodes(), n => n.Op is MaxPool2DGradientOp { ThroughRelu: true });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is FusedElementwiseOp fused && fused.Steps.Any(s => s.Op is ReluGradOp));
    }

    [Fact]
    public void FuseLoss_MeanOfTheBatch_ComesOutOfItsGradient()
    {
        var (step, feed) = Classifier();
        var optimized = PassPipeline.Default.Run(step);
        Assert.Single(optimized.LiveNodes(), n => n.Op is SoftmaxCrossEntropyGradOp { Loss: Reduction.Mean });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is SoftmaxCrossEntropyOp or ReduceOp { Kind: Reduction.Mean });
        Same(Evaluate(step, feed), Evaluate(optimized, feed));
    }

    [Fact]
    public void FuseLoss_LeavesLossesThatAreReadByThemselves()
    {
        var (step, _) = Classifier(readsLosses: true);
        Assert.DoesNotContain(PassPipeline.Default.Run(step).LiveNodes(), n => n.Op is SoftmaxCrossEntropyGradOp { Loss: not null });
    }

    [Fact]
    public void FuseEpilogue_SlopeOfReluBehindASmallProduct_IsOneNodeAndTheSameNumbers()
    {
        var (step, feed) = Classifier();
        var optimized = PassPipeline.Default.Run(step);
        Assert.Single(optimized.LiveNodes(), n => n.Op is MatMulOp { Epilogue.IsGated: true });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is FusedElementwiseOp fused && fused.Steps.Any(s => s.Op is ReluGradOp));
        Same(Evaluate(step, feed), Evaluate(optimized, feed));
    }

    [Fact]
    public void FuseElementwise_LeavesNoUnfusedOp()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is ElementwiseOp);
        Assert.Contains(optimized.LiveNodes(), n => n.Op is FusedElementwiseOp { Steps.Count: > 1 });
    }

    [Fact]
    public void FuseReduction_MeanOfAChain_IsOneNodeAndTheSameNumber()
    {
        var (step, feed) = Distances(readTwice: false);
        var chained = new FuseElementwise().Apply(step);
        Assert.Equal(2, chained.LiveNodes().Count(n => n.Op is not LeafOp));
        var fused = new FuseReduction().Apply(chained);
        var node = Assert.Single(fused.LiveNodes(), n => n.Op is not LeafOp);
        Assert.Equal(Reduction.Mean, Assert.IsType<FusedReduceOp>(node.Op).Kind);
        Assert.Equal(Evaluate(step, feed)[0].Elements, Evaluate(fused, feed)[0].Elements);
    }

    [Fact]
    public void FuseReduction_ChainReadTwice_IsLeftAlone()
    {
        var (step, _) = Distances(readTwice: true);
        var fused = new FuseReduction().Apply(new FuseElementwise().Apply(step));
        Assert.Contains(fused.LiveNodes(), n => n.Op is ReduceOp);
        Assert.DoesNotContain(fused.LiveNodes(), n => n.Op is FusedReduceOp);
    }

    [Theory]
    [InlineData(1, 64, true)]       // rows
    [InlineData(0, 64, false)]      // columns of two large inputs
    [InlineData(0, 1, true)]        // columns of one
    [InlineData(1, 1, true)]
    public void FuseReduction_OfManyElements_FusesWhereItPays(int axis, int rowsOfB, bool fuses)
    {
        var graph = new Graph();
        TensorType[] types = [new(DType.F32, new Shape(64, 512)), new(DType.F32, new Shape(rowsOfB, 512))];
        var v = types.Select((t, i) => graph.Add(new InputOp(i, t)).Outputs[0]).ToArray();
        var fused = new FuseReduction().Apply(new FuseElementwise().Apply(new(graph, [(v[0] - v[1]).Square().Sum([axis])], [], types)));
        Assert.Equal(fuses ? 1 : 2, fused.LiveNodes().Count(n => n.Op is not LeafOp));
    }

    [Fact]
    public void FuseReduction_OfACopy_IsLeftAlone()
    {
        var graph = new Graph();
        var x = graph.Add(new InputOp(0, new(DType.F32, new Shape(3, 4)))).Outputs[0];
        var copied = graph.Add(FusedElementwiseOp.Of(new IdentityOp(), [x.Type]), x).Outputs[0];
        var fused = new FuseReduction().Apply(new(graph, [new ReduceOp(Reduction.Sum, [1], false).On(copied)], [], [x.Type]));
        Assert.Contains(fused.LiveNodes(), n => n.Op is ReduceOp);
    }

    [Fact]
    public void FoldConstants_ArithmeticOnNumbers_IsDoneOnce()
    {
        var graph = new Graph();
        var x = graph.Add(new InputOp(0, new(DType.F32, new Shape(4)))).Outputs[0];
        var y = x * (graph.Constant(2f) + graph.Constant(3f)).Exp();
        var folded = new FoldConstants().Apply(new(graph, [y], [], [x.Type]));
        Assert.Single(folded.LiveNodes(), n => n.Op is not LeafOp);
    }

    [Fact]
    public void FoldConstants_MultiplicationByOne_IsDropped()
    {
        var graph = new Graph();
        var x = graph.Add(new InputOp(0, new(DType.F32, new Shape(4)))).Outputs[0];
        var folded = new FoldConstants().Apply(new(graph, [x * 1f / 1f], [], [x.Type]));
        Assert.DoesNotContain(folded.LiveNodes(), n => n.Op is not LeafOp);
    }

    [Fact]
    public void FuseEpilogue_SumReadTwice_IsLeftAlone()
    {
        var graph = new Graph();
        var a = graph.Add(new InputOp(0, new(DType.F32, new Shape(3, 4)))).Outputs[0];
        var b = graph.Add(new InputOp(1, new(DType.F32, new Shape(4, 5)))).Outputs[0];
        var bias = graph.Add(new InputOp(2, new(DType.F32, new Shape(5)))).Outputs[0];
        var sum = a.MatMul(b);
        var fused = new FuseEpilogue().Apply(new(graph, [sum + bias, sum], [], [a.Type, b.Type, bias.Type]));
        Assert.Contains(fused.LiveNodes(), n => n.Op is MatMulOp { Epilogue.IsNone: true });
        Assert.Contains(fused.LiveNodes(), n => n.Op is AddOp);
    }

    private static IReadOnlyList<ReferenceTensor> Evaluate(StepGraph step, IReadOnlyList<ReferenceTensor> feed) =>
        GraphEvaluator.Evaluate([.. step.Roots], leaf => feed[((InputOp)leaf).Position]);

    // The mean over rows of (a - b)².
    private static (StepGraph Step, IReadOnlyList<ReferenceTensor> Feed) Distances(bool readTwice)
    {
        ReferenceTensor[] feed = [Draw.FromSeed(1).Uniform(new Shape(3, 4)), Draw.FromSeed(2).Uniform(new Shape(4))];
        var graph = new Graph();
        var v = feed.Select((f, i) => graph.Add(new InputOp(i, f.Type)).Outputs[0]).ToArray();
        var squares = (v[0] - v[1]).Square();
        return (new(graph, readTwice ? [squares.Mean([1]), squares.Max([0])] : [squares.Mean([1])], [], [.. feed.Select(f => f.Type)]), feed);
    }

    // Two dense layers and the mean cross-entropy of their softmax, with the gradients of all weights.
    private static (StepGraph Step, IReadOnlyList<ReferenceTensor> Feed) Classifier(bool readsLosses = false)
    {
        var draw = Draw.FromSeed(8);
        ReferenceTensor[] feed = [draw.Uniform(new Shape(6, 9)), draw.Uniform(new Shape(9, 8)), draw.Uniform(new Shape(8)), draw.Uniform(new Shape(8, 5)), draw.Uniform(new Shape(6, 5), 0, 1)];
        var graph = new Graph();
        var v = feed.Select((f, i) => graph.Add(new InputOp(i, f.Type)).Outputs[0]).ToArray();
        var losses = new SoftmaxCrossEntropyOp().On((v[0].MatMul(v[1]) + v[2]).Relu().MatMul(v[3]), v[4]);
        var error = losses.Mean();
        var gradients = Grad.Of(error, [v[1], v[2], v[3]]);
        return (new(graph, readsLosses ? [error, losses, .. gradients] : [error, .. gradients], [], [.. feed.Select(f => f.Type)]), feed);
    }

    // Convolution, bias, ReLU, pooling, dense, bias, squared error, and the gradients of all weights.
    private static (StepGraph Step, IReadOnlyList<ReferenceTensor> Feed) SmallNetwork()
    {
        var draw = Draw.FromSeed(7);
        ReferenceTensor[] feed =
        [
            draw.Uniform(new Shape(2, 7, 6, 3)), draw.Uniform(new Shape(3, 3, 3, 4)), draw.Uniform(new Shape(4)),
            draw.Uniform(new Shape(16, 5)), draw.Uniform(new Shape(5)), draw.Uniform(new Shape(2, 5)),
        ];
        var graph = new Graph();
        var v = feed.Select((f, i) => graph.Add(new InputOp(i, f.Type)).Outputs[0]).ToArray();
        var hidden = (v[0].Conv2D(v[1]) + v[2]).Relu().MaxPool2D(2);
        var error = (hidden.Reshape(new Shape(2, 16)).MatMul(v[3]) + v[4] - v[5]).Square().Mean();
        var gradients = Grad.Of(error, [v[1], v[2], v[3], v[4]]);
        return (new(graph, [error, .. gradients], [], [.. feed.Select(f => f.Type)]), feed);
    }
}
