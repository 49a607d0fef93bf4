using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Core.Tests;

public sealed class GradTests
{
    private readonly Graph _graph = new();
    private readonly Dictionary<int, double> _values = [];

    [Fact]
    public void Grad_SharedSubexpression_AddsUpEveryPath()
    {
        var x = Scalar(3);
        var s = x.Square();
        Assert.Equal(4 * 27, Value(Grad.Of(s * s, x)));         // (x⁴)′ = 4x³
        Assert.Equal(1 + 1, Value(Grad.Of(x + x, x)));
    }

    [Fact]
    public void Grad_OfGrad_IsTheSecondDerivative()
    {
        var x = Scalar(2);
        var first = Grad.Of(x * x * x, x);
        var second = Grad.Of(first, x);
        Assert.Equal((12, 12, 6), (Value(first), Value(second), Value(Grad.Of(second, x))));
    }

    [Fact]
    public void Grad_SeveralValues_AreDifferentiatedTogether()
    {
        var (x, y) = (Scalar(2), Scalar(5));
        var gradients = Grad.Of(x * y + y, [x, y]);
        Assert.Equal((5, 3), (Value(gradients[0]), Value(gradients[1])));
    }

    [Fact]
    public void Grad_OfAnIntermediateValue_StopsThere()
    {
        var x = Scalar(3);
        var s = x.Square();
        Assert.Equal(18, Value(Grad.Of(s * s, s)));
    }

    [Fact]
    public void Grad_ValueThatIsNotUsed_IsZeros()
    {
        var (x, other) = (Scalar(3), _graph.Add(new InputOp(9, new(DType.F32, (2, 3)))).Outputs[0]);
        Assert.Equal(new(DType.F32, (2, 3)), Grad.Of(x, other).Type);
        Assert.Equal(0, ((FullOp)Grad.Of(x, other).Node.Op).Value);
    }

    [Fact]
    public void StopGradient_OnOnePath_LeavesTheOther()
    {
        var x = Scalar(3);
        Assert.Equal(9, Value(x.Square().StopGradient()));
        Assert.Equal(9, Value(Grad.Of(x * x.Square().StopGradient(), x)));   // x² counts as a constant: 9, not 27
    }

    [Fact]
    public void CustomGradient_ReplacesWhatTheOpsWouldGive()
    {
        var (x, y) = (Scalar(3), Scalar(4));
        var product = Tensor.CustomGradient(v => v[0] * v[1], dy => [dy * 100f, null], x, y);
        Assert.Equal(12, Value(product));
        var gradients = Grad.Of(product * 2f, [x, y]);
        Assert.Equal((200, 0), (Value(gradients[0]), Value(gradients[1])));
    }

    [Fact]
    public void CustomGradient_BackwardOfTheWrongLength_IsRefusedWithBothNumbers()
    {
        var x = Scalar(3);
        var value = Tensor.CustomGradient(v => v[0] * 2f, dy => [dy, dy], x);
        var error = Assert.Throws<GraphException>(() => Grad.Of(value, x));
        Assert.Contains("returned 2 values for 1 inputs", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CustomGradient_BackwardOfAnotherShape_IsRefusedByType()
    {
        var x = Scalar(3);
        var value = Tensor.CustomGradient(v => v[0] * 2f, dy => [dy.BroadcastTo((2, 2))], x);
        var error = Assert.Throws<GraphException>(() => Grad.Of(value, x));
        Assert.Contains("f32 (2, 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CustomOp_WrittenByAUser_IsDifferentiatedLikeAnyOther()
    {
        var x = Scalar(3);
        var y = new CubeOp().On(x * 2f);
        Assert.Equal(216, Value(y));
        Assert.Equal(3 * 36 * 2, Value(Grad.Of(y, x)));
    }

    [Fact]
    public void Grad_OfATensor_AsksForAScalarOrACotangent()
    {
        var x = _graph.Add(new InputOp(0, new(DType.F32, (2, 3)))).Outputs[0];
        Assert.Contains("(2, 3)", Assert.Throws<ShapeException>(() => Grad.Of(x.Exp(), x)).Message, StringComparison.Ordinal);
        Assert.Contains("cotangent", Assert.Throws<ShapeException>(() => Grad.Of(x.Exp(), [x], x.Sum())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grad_OfAnInteger_IsRefused()
    {
        var x = Scalar(3);
        Assert.Contains("f32", Assert.Throws<ShapeException>(() => Grad.Of(x.Cast(DType.I32), x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ComposedVjp_InputsThatDependOnEachOther_GiveTotalDerivativesOnce()
    {
        // Batch normalisation's gradient reads x and its statistics, which depend on x; twice differentiated it must not count them twice.
        var x = _graph.Add(new InputOp(0, new(DType.F32, (5, 1)))).Outputs[0];
        var (gamma, beta) = (_graph.Full(new(DType.F32, new Shape(1)), 1.5f), _graph.Full(new(DType.F32, new Shape(1)), 0.25f));
        var centred = x - x.Sum([0]) / 5f;     // not Mean, whose gradient has 1/5 rounded to f32
        var composed = centred * (centred.Square().Sum([0]) / 5f + 1e-3f).Rsqrt() * gamma + beta;
        double[] values = [0.3, -1.2, 2.0, 0.7, -0.4];
        Assert.Equal(Second(composed), Second(x.BatchNormalization(gamma, beta).Y), (a, b) => Math.Abs(a - b) < 1e-9 * (1 + Math.Abs(a)));

        double[] Second(Tensor y)
        {
            var first = Grad.Of((y * y * y).Sum(), x);
            var second = Grad.Of((first * first).Sum(), x);
            var input = new ReferenceTensor(x.Type);
            values.CopyTo(input.Elements, 0);
            return GraphEvaluator.Evaluate([second], _ => input)[0].Elements;
        }
    }

    private Tensor Scalar(double value)
    {
        _values[_values.Count] = value;
        return _graph.Add(new InputOp(_values.Count - 1, new(DType.F32, Shape.Scalar))).Outputs[0];
    }

    private double Value(Tensor tensor) => GraphEvaluator.Evaluate([tensor], leaf => new(leaf.Type) { [0] = _values[((InputOp)leaf).Position] })[0][0];

    private sealed record CubeOp : Op
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0].MustBe(DType.F32)];

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
        {
            for (var i = 0; i < inputs[0].Elements.Length; i++) outputs[0][i] = Math.Pow(inputs[0][i], 3);
        }

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * node.Inputs[0].Square() * 3f];

        public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 2);
    }
}
