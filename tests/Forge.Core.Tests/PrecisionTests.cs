using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;

namespace Forge.Core.Tests;

/// <summary>16-bit types: rounding, casts, and the pass that rounds the factors of products.</summary>
public sealed class PrecisionTests
{
    [Fact]
    public void Narrow_ToF16_RoundsToNearestEven_KeepsSubnormalsAndOverflowsToInfinity()
    {
        double[] values = [1 + 1 / 2048.0, 1 + 3 / 2048.0, 65519, 65520, -65520, 1.5 / (1 << 24), 0.5 / (1 << 24), -1e-9, double.NaN];
        double[] expected = [1, 1 + 4 / 2048.0, 65504, double.PositiveInfinity, double.NegativeInfinity, 2.0 / (1 << 24), 0, -0.0, double.NaN];
        Assert.Equal(Bits(expected), Bits(Narrowed(values, DType.F16)));
    }

    [Fact]
    public void Narrow_ToBF16_RoundsToNearestEven_AndHasTheRangeOfF32()
    {
        double[] values = [1 + 1 / 256.0, 1 + 3 / 256.0, 1e38f, float.MaxValue, float.NegativeInfinity, double.NaN];
        var actual = Narrowed(values, DType.BF16);
        Assert.Equal([1, 1 + 4 / 256.0], actual[..2]);
        Assert.Equal(1e38, actual[2], 1e38 / 256);
        Assert.Equal([double.PositiveInfinity, double.NegativeInfinity, double.NaN], actual[3..]);
    }

    [Theory, InlineData(DType.F16), InlineData(DType.BF16)]
    public void EveryPatternOfSixteenBits_ComesBackUnchanged(DType dtype)
    {
        for (var bits = 0u; bits < 65536; bits++)
        {
            var value = dtype == DType.F16 ? (float)BitConverter.UInt16BitsToHalf((ushort)bits) : BitConverter.UInt32BitsToSingle(bits << 16);
            if (float.IsNaN(value)) Assert.True(double.IsNaN(Narrowed([value], dtype)[0]));
            else Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(Narrowed([value], dtype)[0]));
        }
    }

    [Fact]
    public void Cast_ToSixteenBitsAndBack_PassesTheGradient()
    {
        using var engine = new Engine(new ReferenceBackend());
        var slope = engine.Compile(x => Grad.Of((x.Cast(DType.F16).Cast(DType.F32) * 3f + x.Cast(DType.BF16).Cast(DType.F32)).Sum(), x));
        Assert.Equal([4f, 4f, 4f], slope.Run(HostTensor.From([0.1f, 1f, -7f], new Shape(3)))[0].Span<float>().ToArray());
    }

    [Fact]
    public void Results_OfSmallTypes_AreWhole()
    {
        using var engine = new Engine(new ReferenceBackend());
        var echo = engine.Compile(1, x => [x[0], x[0].Cast(DType.F16), x[0].Cast(DType.BF16), x[0].Cast(DType.U8), x[0].Cast(DType.U8)]);
        var results = echo.Run(HostTensor.From([1f, 2f, 3f, 4f, 5f], new Shape(5)));
        foreach (var result in results) Assert.Equal([1.0, 2, 3, 4, 5], Enumerable.Range(0, 5).Select(i => result[i]));
        var same = engine.Compile(1, x => [x[0]]).Run(results[1])[0];
        Assert.Equal([1.0, 2, 3, 4, 5], Enumerable.Range(0, 5).Select(i => same[i]));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void RoundOperands_InAGradient_RoundsTheFactorsOfEveryProductOnce(bool stored)
    {
        var lowered = RoundOperands.Lower(Step(Precision.Mixed16(DType.BF16)), new() { MatrixOperands = stored ? [DType.BF16] : [DType.F16] });
        var products = lowered.LiveNodes().Where(n => n.Op is MatMulOp or Conv2DOp or Conv2DInputGradientOp or Conv2DWeightGradientOp).ToArray();
        Assert.Equal(5, products.Length);
        var factors = products.SelectMany(n => n.Inputs.Take(2)).ToArray();
        Assert.All(factors, f => Assert.True(stored ? f.Node.Op is NarrowOp : f.Node.Op is RoundToOp { To: DType.BF16 }, $"{f.Node}"));
        // x, w1, its output, w2 and both cotangents: what several products read is rounded once.
        Assert.Equal(6, factors.Distinct().Count());
    }

    [Fact]
    public void RoundOperands_StoredOrKept_GivesTheSameValues()
    {
        var step = Step(Precision.Mixed16(DType.F16));
        var kept = Values(RoundOperands.Lower(step, new()));
        var stored = Values(RoundOperands.Lower(step, new() { MatrixOperands = [DType.F16] }));
        var exact = Values(step);
        for (var i = 0; i < kept.Length; i++) Assert.Equal(kept[i], stored[i]);
        Assert.NotEqual(exact[0], kept[0]);
        Assert.Equal(exact[0][0], kept[0][0], 0.01);
    }

    [Fact]
    public void Strict32_IsTheDefault_AndChangesNothing()
    {
        var step = Step(new EngineOptions().Precision);
        Assert.Same(step, RoundOperands.Lower(step, new() { MatrixOperands = [DType.F16, DType.BF16] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Precision.Mixed16(DType.F32));
        Assert.Equal(Precision.Mixed16(DType.F16), Precision.Find("mixed-f16"));
        Assert.Null(Precision.Find("mixed-f32"));
    }

    [Fact]
    public void Products_OfTwoTypes_AreRefused()
    {
        var graph = new Graph();
        var (a, b) = (graph.Add(new InputOp(0, new(DType.F16, (2, 2)))).Outputs[0], graph.Add(new InputOp(1, new(DType.BF16, (2, 2)))).Outputs[0]);
        Assert.Contains("a is f16 (2, 2) and b is bf16 (2, 2)", Assert.Throws<ShapeException>(() => a.MatMul(b)).Message, StringComparison.Ordinal);
    }

    private static double[] Narrowed(double[] values, DType dtype) =>
        [.. Ops.Evaluation.Run(new NarrowOp(dtype), Ops.Evaluation.Values(new Shape(values.Length), values))[0].Elements];

    private static long[] Bits(double[] values) => [.. values.Select(v => double.IsNaN(v) ? -1 : BitConverter.DoubleToInt64Bits(v))];

    // A convolution, a product, and the gradients of both weights.
    private static StepGraph Step(Precision precision)
    {
        var graph = new Graph { Precision = precision };
        TensorType[] types = [new(DType.F32, (2, 5, 5, 2)), new(DType.F32, (3, 3, 2, 4)), new(DType.F32, (36, 3))];
        var x = types.Select((t, i) => graph.Add(new InputOp(i, t)).Outputs[0]).ToArray();
        var y = x[0].Conv2D(x[1]).Reshape((2, 36)).MatMul(x[2]).Square().Sum();
        return new(graph, [y, .. Grad.Of(y, [x[1], x[2]])], [], types);
    }

    private static double[][] Values(StepGraph step)
    {
        var inputs = step.InputTypes.Select((t, i) => Draw.FromSeed((ulong)i).Uniform(t.Shape)).ToArray();
        return [.. GraphEvaluator.Evaluate(step.Outputs, leaf => inputs[((InputOp)leaf).Position]).Select(v => v.Elements)];
    }
}
