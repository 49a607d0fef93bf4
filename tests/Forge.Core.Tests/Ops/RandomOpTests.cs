using Forge.Core.Ops;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public sealed class RandomOpTests
{
    private static readonly Shape s_many = new(20_000);

    [Fact]
    public void RandomBits_Elements_AreTheWordsOfTheirBlocks()
    {
        var bits = Run(new RandomBitsOp(new Shape(6), Stream: 3), Key(1, 2, 7))[0];
        var (first, second) = (Philox.Block(0, 3, 7, GraphRandom.Purpose, 2ul << 32 | 1), Philox.Block(1, 3, 7, GraphRandom.Purpose, 2ul << 32 | 1));
        Assert.Equal([first[0], first[1], first[2], first[3], second[0], second[1]], bits.Elements);
    }

    [Fact]
    public void RandomUniform_ManyNumbers_FillTheRangeEvenly()
    {
        var x = Run(new RandomUniformOp(s_many, 0, -1, 3), Key(1, 0, 0))[0].Elements;
        Assert.All(x, v => Assert.InRange(v, -1, 3));
        Assert.Equal(1, x.Average(), 0.05);
        Assert.Equal(16 / 12.0, x.Average(v => (v - 1) * (v - 1)), 0.05);
    }

    [Fact]
    public void RandomNormal_ManyNumbers_HaveTheMomentsOfANormal()
    {
        var x = Run(new RandomNormalOp(s_many, 0, 2, 3), Key(1, 0, 0))[0].Elements.Select(v => (v - 2) / 3).ToArray();
        Assert.Equal(0, x.Average(), 0.03);
        Assert.Equal(1, x.Average(v => v * v), 0.05);
        Assert.Equal(3, x.Average(v => v * v * v * v), 0.3);
        Assert.Equal(0, x.Zip(x.Skip(1), (a, b) => a * b).Average(), 0.03);
        Assert.Equal(0.6827, x.Count(v => Math.Abs(v) < 1) / (double)x.Length, 0.015);
    }

    [Fact]
    public void RandomOps_OtherSeedStepOrStream_DrawOtherNumbers()
    {
        var draws = new[] { Bits(0, 1, 0, 0), Bits(1, 1, 0, 0), Bits(0, 2, 0, 0), Bits(0, 1, 1, 0), Bits(0, 1, 0, 1) };
        Assert.Equal(draws.Length, draws.Distinct().Count());

        static double Bits(int stream, uint low, uint high, uint step) => Run(new RandomBitsOp(Shape.Scalar, stream), Key(low, high, step))[0][0];
    }

    [Theory]
    [InlineData(0.25f), InlineData(0.5f), InlineData(0.9f)]
    public void Dropout_OfOnes_DropsItsShareAndKeepsTheMean(float rate)
    {
        var ones = Values(s_many, Enumerable.Repeat(1.0, s_many.Count).ToArray());
        var y = Run(new DropoutOp(rate, 0), [ones, .. Key(1, 0, 0)])[0].Elements;
        Assert.Equal(rate, y.Count(v => v == 0) / (double)y.Length, 0.02);
        Assert.All(y.Where(v => v != 0), v => Assert.Equal(1 / (1 - rate), v, 1e-5));
    }

    [Fact]
    public void Dropout_Backwards_DropsTheSameElements()
    {
        var graph = new Graph();
        var x = graph.Full(new(DType.F32, new Shape(100)), 2);
        var y = x.Dropout(0.5f);
        var values = GraphEvaluator.Evaluate([y, Grad.Of(y.Sum(), x)], leaf => new(leaf.Type) { [0] = 5 });
        Assert.Equal(values[0].Elements, values[1].Elements.Select(g => 2 * g));
        Assert.InRange(values[0].Elements.Count(v => v == 0), 20, 80);
    }

    [Fact]
    public void Dropout_TwoCalls_DropDifferently()
    {
        var graph = new Graph();
        var x = graph.Full(new(DType.F32, new Shape(100)), 1);
        var values = GraphEvaluator.Evaluate([x.Dropout(0.5f), x.Dropout(0.5f)], leaf => new(leaf.Type) { [0] = 5 });
        Assert.NotEqual(values[0].Elements, values[1].Elements);
    }

    [Fact]
    public void Engine_EachRun_DrawsAnewAndTheSameSeedDrawsAlike()
    {
        static float[][] ThreeRuns(ulong seed)
        {
            using var engine = new Engine(new ReferenceBackend(), new() { Seed = seed });
            var function = engine.Compile(() => Graph.Current.RandomNormal(new Shape(8)));
            return [.. Enumerable.Range(0, 3).Select(_ => function.Run()[0].Span<float>().ToArray())];
        }

        var (first, again, other) = (ThreeRuns(1), ThreeRuns(1), ThreeRuns(2));
        Assert.Equal(first, again);
        Assert.NotEqual(first[0], first[1]);
        Assert.NotEqual(first[0], other[0]);
    }

    private static ReferenceTensor[] Key(uint low, uint high, uint step) =>
        [.. new[] { low, high, step }.Select(v => new ReferenceTensor(new(DType.U32, Shape.Scalar)) { [0] = v })];
}
