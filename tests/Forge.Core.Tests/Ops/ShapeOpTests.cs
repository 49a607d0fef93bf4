using Forge.Core.Ops;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public sealed class ShapeOpTests
{
    private readonly Graph _graph = new();

    [Fact]
    public void Transpose_ThreeAxes_MovesEachElement() => // numpy: arange(1, 7).reshape(1, 2, 3).transpose(2, 0, 1)
        Check(Counting(1, 2, 3).Transpose(2, 0, 1), (3, 1, 2), 1, 4, 2, 5, 3, 6);

    [Fact]
    public void Slice_WithSteps_TakesEveryOther() => Check(Counting(2, 5).Slice([0, 1], [2, 2], [1, 2]), (2, 2), 2, 4, 7, 9);

    [Fact]
    public void Flip_OfAnAxis_ReadsBackwards() => Check(Counting(2, 3).Flip(-1), (2, 3), 3, 2, 1, 6, 5, 4);

    [Fact]
    public void Pad_WithAValue_Surrounds() => Check(Counting(1, 2).Pad([1, 0], [0, 1], 9), (2, 3), 9, 9, 9, 1, 2, 9);

    [Fact]
    public void Concat_AlongTheLastAxis_Interleaves() => Check(Tensor.Concat(-1, Counting(2, 1), Counting(2, 2)), (2, 3), 1, 1, 2, 2, 3, 4);

    [Fact]
    public void Stack_AlongANewAxis_KeepsEach() => Check(Tensor.Stack(0, Counting(2), Counting(2)), (2, 2), 1, 2, 1, 2);

    [Fact]
    public void BroadcastTo_MissingAndUnitAxes_Repeats() => Check(Counting(2, 1).BroadcastTo((2, 2, 2)), (2, 2, 2), 1, 1, 2, 2, 1, 1, 2, 2);

    [Fact]
    public void SumTo_UndoesBroadcasting_ByAddingUp() => Check(Counting(2, 2, 2).SumTo((2, 1)), (2, 1), 1 + 2 + 5 + 6, 3 + 4 + 7 + 8);

    [Fact]
    public void Reshape_OneExtentLeftOut_IsWorkedOut()
    {
        Check(Counting(2, 3).Reshape(3, -1), (3, 2), 1, 2, 3, 4, 5, 6);
        Assert.Equal(new Shape(2, 1, 3), Counting(2, 3).ExpandDims(1).Shape);
        Assert.Equal(new Shape(2, 3, 1), Counting(2, 3).ExpandDims(-1).Shape);
        Assert.Equal(new Shape(2, 3), Counting(2, 1, 3).Squeeze(1).Shape);
    }

    [Fact]
    public void Reduce_KeepingDims_LeavesExtentOne()
    {
        Check(Counting(2, 3).Sum([0]), new Shape(3), 5, 7, 9);
        Check(Counting(2, 3).Mean([-1], keepDims: true), (2, 1), 2, 5);
        Check(Counting(2, 3).Max(), Shape.Scalar, 6);
        Check(Counting(2, 3).Min([0, 1], keepDims: true), (1, 1), 1);
        Check(Counting(2, 2).SumSquares(), Shape.Scalar, 30);
        Assert.Equal(new Shape(2, 1), Counting(2, 3).ArgMax(keepDims: true).Shape);
    }

    [Fact]
    public void ArgMax_OverSeveralAxes_CountsRowMajorOverThem()
    {
        // numpy: x = array([[[3, 9, 1], [4, 4, 8]], [[9, 2, 7], [0, 8, 5]]]); x.transpose(1, 0, 2).reshape(2, 6).argmax(1), and the like
        var x = _graph.Constant(HostTensor.From([3f, 9, 1, 4, 4, 8, 9, 2, 7, 0, 8, 5], new Shape(2, 2, 3)));
        Check(x.ArgMax([0, 2]), new Shape(2), 1, 2);                    // the first 9 and the first 8 of 3 9 1 9 2 7 and 4 4 8 0 8 5
        Check(x.ArgMax([2, 0], keepDims: true), (1, 2, 1), 1, 2);       // the order in which axes are named does not matter
        Check(x.ArgMax([1, 2]), new Shape(2), 1, 0);
        Check(x.ArgMax([]), Shape.Scalar, 1);
        Check(x.ArgMax([-3]), (2, 3), 1, 0, 1, 0, 1, 0);
        Check(x.ArgMax(), (2, 2), 1, 2, 0, 1);
    }

    [Fact]
    public void Softmax_AlongAnotherAxis_SumsToOneThere()
    {
        var sums = Counting(3, 2).Softmax(0).Sum([0]);
        Assert.All(Value(sums).Elements, s => Assert.Equal(1, s, 12));
    }

    [Fact]
    public void Select_WithNumbers_ChoosesByMask() => Check(Counting(2, 2).Greater(2f).Select(Counting(2, 2), -1f), (2, 2), -1, -1, 3, 4);

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refusal_NamesOpAndSizes(Op op, Shape[] shapes, string[] said)
    {
        var message = Refusal(op, shapes);
        Assert.StartsWith(op.Name, message, StringComparison.Ordinal);
        Assert.All(said, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    public static TheoryData<Op, Shape[], string[]> Refusals => new()
    {
        { new AddOp(), [(2, 3), (2, 4)], ["(2, 3)", "(2, 4)", "extents 3 and 4"] },
        { new ReshapeOp((4, 2)), [(2, 3)], ["6 elements", "(4, 2)", "8"] },
        { new TransposeOp([0, 0]), [(2, 3)], ["[0, 0]", "(2, 3)"] },
        { new SliceOp([0, 2], [2, 2], [1, 1]), [(2, 3)], ["indexes 2 to 3", "axis 1", "extent 3"] },
        { new SliceOp([0, 0], [2, 2], [1, 0]), [(2, 3)], ["step along axis 1 is 0"] },
        { new PadOp((2, 3), [0, 1], [1, 1], 0), [(2, 3)], ["indexes 1 to 3", "extent 3"] },
        { new ConcatOp(0), [(2, 3), (2, 4)], ["(2, 4)", "(2, 3)", "every axis but 0"] },
        { new ConcatOp(2), [(2, 3)], ["axis 2", "(2, 3)"] },
        { new BroadcastToOp((2, 3)), [(3, 3)], ["(3, 3)", "(2, 3)"] },
        { new ReduceOp(Reduction.Sum, [2], false), [(2, 3)], ["[2]", "(2, 3)"] },
        { new ReduceOp(Reduction.Max, [1], false), [(2, 0)], ["(2, 0)"] },
        { new ArgMaxOp([3]), [(2, 3)], ["[3]", "(2, 3)"] },
        { new ArgMaxOp([1, 0]), [(2, 3)], ["[1, 0]", "not ascending"] },
        { new ArgMaxOp([0, 1]), [(2, 0)], ["axis 1", "empty"] },
        { new SoftmaxOp(), [Shape.Scalar], ["()"] },
        { new SoftmaxCrossEntropyOp(), [(2, 3), (2, 4)], ["(2, 4)", "(2, 3)"] },
        { new SparseSoftmaxCrossEntropyOp(), [(2, 3), new Shape(2)], ["must be u32"] },
        { new BatchNormalizationOp(1e-3f), [(2, 3), new Shape(2), new Shape(3)], ["f32 (2)", "3 channels"] },
        { new OneHotOp(3), [(2, 3)], ["must be u32 or i32"] },
        { new SgdUpdateOp(0, false, UpdateForm.Keras, 0), [(2, 3), (2, 4), Shape.Scalar, Shape.Scalar, Shape.Scalar], ["(2, 4)", "(2, 3)"] },
        { new SgdUpdateOp(0, false, UpdateForm.Keras, 0), [(2, 3)], ["w, g, rate, scale"] },
        { new SelectOp(), [(2, 3), (2, 3), (2, 3)], ["mask", "must be u32"] },
        { new DropoutOp(0.5f, 0), [(2, 3)], ["seed low"] },
    };

    [Fact]
    public void Arguments_ThatMakeNoSense_AreRefusedAtOnce()
    {
        Assert.Contains("1.5", Assert.Throws<ShapeException>(() => new DropoutOp(1.5f, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("below low", Assert.Throws<ShapeException>(() => new ClipOp(2, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("Nesterov", Assert.Throws<ShapeException>(() => new SgdUpdateOp(0, true, UpdateForm.Keras, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("epsilon 0", Assert.Throws<ShapeException>(() => new AdamUpdateOp(0.9f, 0.999f, 0, UpdateForm.Keras, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("multiple of 4", Assert.Throws<ShapeException>(() => Counting(2, 3).Reshape(4, -1)).Message, StringComparison.Ordinal);
        Assert.Contains("extent 3", Assert.Throws<ShapeException>(() => Counting(2, 3).Squeeze(1)).Message, StringComparison.Ordinal);
        Assert.Contains("Axis 5", Assert.Throws<ShapeException>(() => Counting(2, 3).Sum([5])).Message, StringComparison.Ordinal);
    }

    private Tensor Counting(params ReadOnlySpan<int> extents)
    {
        var shape = new Shape(extents);
        return _graph.Constant(HostTensor.From([.. Enumerable.Range(1, shape.Count).Select(i => (float)i)], shape));
    }

    private static ReferenceTensor Value(Tensor tensor) => GraphEvaluator.Evaluate([tensor], leaf => throw new InvalidOperationException(leaf.Name))[0];

    private static void Check(Tensor tensor, Shape shape, params double[] expected)
    {
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(expected, Value(tensor).Elements);
    }
}
