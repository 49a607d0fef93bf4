using Forge.Core.Ops;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

/// <summary>A NaN is never lost: DESIGN's promise for maximum, minimum, relu, clip and the largest of many.</summary>
public sealed class NanTests
{
    private const double NaN = double.NaN;

    [Theory]
    [InlineData(NaN, 1), InlineData(1, NaN), InlineData(NaN, double.PositiveInfinity), InlineData(double.NegativeInfinity, NaN)]
    public void MaximumAndMinimum_NaNOnEitherSide_Wins(double a, double b)
    {
        Assert.True(double.IsNaN(new MaximumOp().Apply([a, b])));
        Assert.True(double.IsNaN(new MinimumOp().Apply([a, b])));
    }

    [Fact]
    public void Activations_OfNaN_AreNaN()
    {
        ElementwiseOp[] ops = [new ReluOp(), new LeakyReluOp(0.3f), new EluOp(1), new GeluOp(false), new GeluOp(true), new SiluOp(), new TanhOp(), new SigmoidOp(),
            new SoftplusOp(), new ClipOp(0, 1), new SignOp(), new AbsOp(), new ErfOp(), new ExpOp(), new LogOp(), new FloorOp(), new SqrtOp(), new RsqrtOp(), new NegOp()];
        Assert.All(ops, op => Assert.True(double.IsNaN(op.Apply([NaN])), op.Name));
    }

    [Theory]
    [InlineData(Reduction.Max), InlineData(Reduction.Min), InlineData(Reduction.Sum), InlineData(Reduction.Mean), InlineData(Reduction.SumSquares)]
    public void Reduction_OverANaN_IsNaNInItsRowAlone(Reduction kind)
    {
        var y = Run(new ReduceOp(kind, [1], false), Values((2, 3), 1, NaN, 3, 4, 5, 6))[0];
        Assert.True(double.IsNaN(y[0]));
        Assert.True(double.IsFinite(y[1]));
    }

    [Fact]
    public void Compare_WithNaN_HoldsForNotEqualAlone()
    {
        foreach (var comparison in Enum.GetValues<Comparison>())
            Assert.Equal(comparison == Comparison.NotEqual ? 1 : 0, new CompareOp(comparison).Apply([NaN, 1]));
    }

    [Fact]
    public void ArgMax_TiesAndNaN_GoToTheFirst()
    {
        Assert.Equal([1.0, 0], Run(new ArgMaxOp([1]), Values((2, 3), 1, 3, 3, 5, 5, 2))[0].Elements);
        Assert.Equal([2.0, 0], Run(new ArgMaxOp([1]), Values((2, 3), 1, double.PositiveInfinity, NaN, NaN, 9, NaN))[0].Elements);
        // Over axes 0 and 2 of ((1 2) (3 4)) ((NaN 5) (NaN 4)): rows 1 2 NaN 5 and 3 4 NaN 4.
        Assert.Equal([2.0, 2], Run(new ArgMaxOp([0, 2]), Values((2, 2, 2), 1, 2, 3, 4, NaN, 5, NaN, 4))[0].Elements);
    }

    [Fact]
    public void Softmax_OfHugeLogits_DoesNotOverflow() =>
        Assert.Equal([0.5, 0.5, 0], Run(new SoftmaxOp(), Values(new Shape(3), 1e30, 1e30, -1e30))[0].Elements);

    [Fact]
    public void SoftmaxLosses_OfHugeLogits_KeepTheirSmallParts()
    {
        var x = Values((1, 3), 1e30, 1e30, -1e30);
        var label = new Core.Reference.ReferenceTensor(new(DType.U32, new Shape(1))) { [0] = 1 };
        Assert.Equal(Math.Log(2), Run(new SparseSoftmaxCrossEntropyOp(), x, label)[0][0], 1e-15);
        Assert.Equal(Math.Log(2), Run(new SoftmaxCrossEntropyOp(), x, Values((1, 3), 0.5, 0.5, 0))[0][0], 1e-15);
        Assert.Equal(-Math.Log(2), Run(new LogSoftmaxOp(), x)[0][0], 1e-15);
        Assert.Equal([0.5, -0.5, 0], Run(new SparseSoftmaxCrossEntropyGradOp(), x, label, Values(new Shape(1), 1))[0].Elements);
    }

    [Fact]
    public void SoftmaxCrossEntropy_ImpossibleClassWithoutTarget_CountsForNothing()
    {
        var loss = Run(new SoftmaxCrossEntropyOp(), Values((1, 2), 0, double.NegativeInfinity), Values((1, 2), 1, 0))[0];
        Assert.Equal(0, loss[0]);
    }

    [Fact]
    public void OutOfRangeIndexes_ShowAsNaNOrAddNothing()
    {
        var (index, table) = (new Core.Reference.ReferenceTensor(new(DType.I32, new Shape(3))) { [0] = 1, [1] = -1, [2] = 2 }, Counting((2, 2)));
        Assert.Equal([3.0, 4, NaN, NaN, NaN, NaN], Run(new GatherOp(), table, index)[0].Elements);
        Assert.Equal([0.0, 0, 1, 2], Run(new ScatterAddOp(2), index, Counting((3, 2)))[0].Elements);
        Assert.Equal([0.0, 1, 0, 0, 0, 0], Run(new OneHotOp(2), index)[0].Elements);
        var label = new Core.Reference.ReferenceTensor(new(DType.U32, new Shape(1))) { [0] = 5 };
        Assert.True(double.IsNaN(Run(new SparseSoftmaxCrossEntropyOp(), Counting((1, 3)), label)[0][0]));
    }

    [Fact]
    public void Cast_OutsideTheRange_Clamps()
    {
        Assert.Equal([0, int.MaxValue, int.MinValue, -2], new double[] { NaN, 3e9, -3e9, -2.7 }.Select(x => new CastOp(DType.I32).Apply([x])));
        Assert.Equal([0, 0, uint.MaxValue, 2], new double[] { NaN, -1, 5e9, 2.7 }.Select(x => new CastOp(DType.U32).Apply([x])));
        Assert.Equal([0.0, 0, 255, 254], Run(new ToBytesOp(), Values(new Shape(4), NaN, -3, 400, 254.9))[0].Elements);
    }
}
