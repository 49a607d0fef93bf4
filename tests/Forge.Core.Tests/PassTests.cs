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
        var (before, after) = (Evaluate(step, feed), Evaluate(optimized, feed));
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

    [Fact]
    public void FusePoolGradient_OfAPooledRelu_IsOneNode()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        Assert.Single(optimized.LiveNodes(), n => n.Op is MaxPool2DGradientOp { ThroughRelu: true });
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is FusedElementwiseOp fused && fused.Steps.Any(s => s.Op is ReluGradOp));
    }

    [Fact]
    public void FuseElementwise_LeavesNoUnfusedOp()
    {
        var optimized = PassPipeline.Default.Run(SmallNetwork().Step);
        Assert.DoesNotContain(optimized.LiveNodes(), n => n.Op is ElementwiseOp);
        Assert.Contains(optimized.LiveNodes(), n => n.Op is FusedElementwiseOp { Steps.Count: > 1 });
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
