using Forge.Core.Ops;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

public class MatMulOpTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void MatMul_EitherSideTransposed_IsTheSameProduct(bool transposeA, bool transposeB)
    {
        var a = transposeA ? Values((3, 2), 1, 4, 2, 5, 3, 6) : Values((2, 3), 1, 2, 3, 4, 5, 6);
        var b = transposeB ? Values((2, 3), 7, 9, 11, 8, 10, 12) : Values((3, 2), 7, 8, 9, 10, 11, 12);
        Assert.Equal([58.0, 64, 139, 154], Run(new MatMulOp(transposeA, transposeB), a, b)[0].Elements);
    }

    [Fact]
    public void MatMul_BatchesOfBothSides_Broadcast()
    {
        var a = Values(new Shape(2, 1, 1, 2), 1, 2, 3, 4);
        var b = Values((3, 2, 1), 1, 1, 2, 2, 3, 3);
        var y = Run(new MatMulOp(), a, b)[0];
        Assert.Equal(new Shape(2, 3, 1, 1), y.Shape);
        Assert.Equal([3.0, 6, 9, 7, 14, 21], y.Elements);
    }

    [Fact]
    public void MatMul_Epilogue_AddsBiasThenActivates()
    {
        var op = new MatMulOp(Epilogue: new(HasBias: true, ActivationKind.LeakyRelu, 0.5f));
        var y = Run(op, Values((1, 2), 1, 1), Values((2, 2), 1, -2, 1, -3), Values(new Shape(2), 10, 1))[0];
        Assert.Equal([12.0, -2], y.Elements);
    }

    [Fact]
    public void MatMul_ColumnSums_AreOfTheSecondFactor()
    {
        var outputs = Run(new MatMulOp(TransposeA: true, WithColumnSums: true), Counting((2, 3)), Values((2, 2), 1, 2, 3, 4));
        Assert.Equal([4.0, 6], outputs[1].Elements);
        Assert.Equal(new Shape(3, 2), outputs[0].Shape);
    }

    [Fact]
    public void MatMul_NoTerms_GivesZeros() =>
        Assert.Equal([0.0, 0, 0, 0], Run(new MatMulOp(), Values((2, 0)), Values((0, 2)))[0].Elements);

    [Fact]
    public void MatMul_SampledCases_AgreeWithTheirVjp()
    {
        for (var seed = 0ul; seed < 60; seed++)
        {
            var draw = Draw.FromSeed(seed);
            var sample = MatMulOp.Sample(draw);
            var op = (MatMulOp)sample.Op;
            var (a, b) = (sample.Inputs[0], sample.Inputs[1]);
            if (!op.Epilogue.IsNone || a.Type.DType != DType.F32) continue; // the gradients of 16-bit factors are rounded
            var y = Run(op, a, b)[0];
            var u = draw.Uniform(y.Shape);
            var plain = op with { WithColumnSums = false };
            var graph = new Graph();
            var inputs = new[] { a, b, u }.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0]).ToArray();
            var gradients = Grad.Of(plain.On(inputs[0], inputs[1]), [inputs[0], inputs[1]], inputs[2]);
            var values = Reference.GraphEvaluator.Evaluate(gradients, leaf => new[] { a, b, u }[((InputOp)leaf).Position]);
            AreEqual(Dot(u, y), Dot(values[0], a), Norm(u) * Norm(y)); // y is linear in a, and in b
            AreEqual(Dot(u, y), Dot(values[1], b), Norm(u) * Norm(y));
        }
    }

    [Fact]
    public void MatMul_BatchTimesMatrix_IsOneProductOfAllRows()
    {
        var graph = new Graph();
        var (x, w) = (graph.Add(new InputOp(0, new(DType.F32, (2, 3, 4)))).Outputs[0], graph.Add(new InputOp(1, new(DType.F32, (5, 4)))).Outputs[0]);
        var y = x.MatMul(w, transposeOther: true);
        Assert.Equal(new Shape(2, 3, 5), y.Shape);
        var gradients = Grad.Of(y, [x, w], graph.Full(y.Type, 1));
        Assert.Equal([x.Shape, w.Shape], gradients.Select(g => g.Shape));
        Assert.All(graph.Nodes.Where(n => n.Op is MatMulOp), n => Assert.Equal(2, n.Outputs[0].Shape.Rank));
        Assert.Equal(3, graph.Nodes.Count(n => n.Op is MatMulOp));
    }

    [Fact]
    public void MatMul_Fused_HasNoVjpAndSaysWhy()
    {
        var graph = new Graph();
        var x = graph.Add(new InputOp(0, new(DType.F32, (2, 2)))).Outputs[0];
        var y = new MatMulOp(Epilogue: new(false, ActivationKind.Relu)).On(x, x);
        var error = Assert.Throws<GraphException>(() => Grad.Of(y, [x], y));
        Assert.Contains("Differentiate before the fusion passes run", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MatMul_InnerExtentsDiffer_SaysBoth()
    {
        var text = Refusal(new MatMulOp(TransposeB: true), (2, 3), (4, 5));
        Assert.Contains("a has 3 columns but b has 5 rows once transposed", text, StringComparison.Ordinal);
        Assert.Contains("input 1 = f32 (4, 5)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void MatMul_Vector_SaysToReshape() => Assert.Contains("Reshape a vector", Refusal(new MatMulOp(), new Shape(3), (3, 2)), StringComparison.Ordinal);

    [Fact]
    public void MatMul_BatchesThatDoNotBroadcast_AreRefused() => Assert.Contains("do not broadcast", Refusal(new MatMulOp(), (2, 1, 3), (3, 3, 1)), StringComparison.Ordinal);

    [Fact]
    public void MatMul_BiasOfWrongLength_SaysBothLengths() =>
        Assert.Contains("the bias has 3 elements for 2 channels", Refusal(new MatMulOp(Epilogue: new(true)), (1, 1), (1, 2), new Shape(3)), StringComparison.Ordinal);

    [Fact]
    public void MatMul_BiasMissing_SaysHowManyInputs() =>
        Assert.Contains("2 inputs where 3 are read", Refusal(new MatMulOp(Epilogue: new(true)), (1, 1), (1, 2)), StringComparison.Ordinal);

    [Fact]
    public void MatMul_ColumnSumsOfABatch_AreRefused() =>
        Assert.Contains("column sums are of one matrix", Refusal(new MatMulOp(WithColumnSums: true), (2, 1, 3), (2, 3, 1)), StringComparison.Ordinal);
}
