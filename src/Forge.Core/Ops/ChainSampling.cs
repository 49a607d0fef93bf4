using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// Draws fused chains. Their values are numbers of few bits, so that arithmetic is exact in f32 and comparisons are as clear on a device as in fp64;
/// what exp and the like make of them is only passed on or multiplied, which keeps its relative error.
/// </summary>
internal static class ChainSampling
{
    private const int MostBits = 22, MostRoundings = 3;

    // |x| ≤ 2^Whole, a multiple of 2^-Fraction; or, where Roundings is not 0, a number that is right but for about as many roundings.
    private readonly record struct Value(DType DType, int Whole, int Fraction, int Roundings = 0)
    {
        public bool IsExact => Roundings == 0;
    }

    /// <summary>A chain of one to eight steps with one to three results, and inputs that broadcast to its shape.</summary>
    public static OpCase Sample(Draw draw)
    {
        var shape = Shape(draw);
        var inputs = Enumerable.Range(0, draw.Int(1, 4)).Select(_ => Input(draw, shape)).ToArray();
        var values = inputs.Select(x => new Value(x.Type.DType, 2, x.Type.DType == DType.F32 ? 2 : 0)).ToList();
        var steps = new List<FusedStep>();
        for (var count = draw.Int(1, 8); count > 0; count--)
        {
            var (op, operands, made) = Step(draw, values, shape);
            steps.Add(new(op, [.. operands], made.DType));
            values.Add(made);
        }
        var results = Enumerable.Range(0, steps.Count).Reverse().Where((step, back) => back == 0 || (back < 3 && draw.Bool())).ToArray();
        return new(new FusedElementwiseOp(inputs.Length, [.. steps], [.. results], shape), inputs);
    }

    // Whole runs of sixteen along the last axis now and then: what kernels for processors want.
    private static Shape Shape(Draw draw)
    {
        var shape = draw.Shape(draw.Int(0, 4), high: 5);
        return shape.Rank > 0 && draw.Bool() ? new([.. shape.Take(shape.Rank - 1), 16 * draw.Int(1, 4)]) : shape;
    }

    private static ReferenceTensor Input(Draw draw, Shape shape)
    {
        var own = shape.Skip(draw.Bool() ? 0 : draw.Int(0, shape.Rank)).Select(extent => draw.Int(0, 3) == 3 ? 1 : extent).ToArray();
        switch (draw.OneOf(DType.F32, DType.F32, DType.U32, DType.I32))
        {
            case DType.U32: return draw.Integers(new(own), DType.U32, 0, 3);
            case DType.I32: return draw.Integers(new(own), DType.I32, -3, 3);
            default:
                var x = draw.Integers(new(own), DType.F32, -12, 12);
                foreach (ref var value in x.Elements.AsSpan()) value /= 4;
                return x;
        }
    }

    private static (ElementwiseOp Op, int[] Operands, Value Made) Step(Draw draw, List<Value> values, Shape shape)
    {
        // The latest value first, so that chains are deep; a step that does not fit it becomes a copy.
        var a = draw.Bool() ? values.Count - 1 : draw.Int(0, values.Count - 1);
        var b = Other(v => v.DType == values[a].DType);
        var (x, y) = (values[a], values[b]);
        var (whole, fraction) = (Math.Max(x.Whole, y.Whole), Math.Max(x.Fraction, y.Fraction));
        var (isReal, bothExact) = (x.DType == DType.F32, x.IsExact && y.IsExact);
        switch (draw.Int(0, 9))
        {
            case 0 when isReal && bothExact && whole + 1 + fraction <= MostBits:
                return (draw.Bool() ? new AddOp() : new SubOp(), [a, b], new(DType.F32, whole + 1, fraction));
            case 1 when isReal && x.Roundings + y.Roundings <= MostRoundings && (!bothExact || x.Whole + y.Whole + x.Fraction + y.Fraction <= MostBits):
                return (new MulOp(), [a, b], new(DType.F32, x.Whole + y.Whole, x.Fraction + y.Fraction, x.Roundings + y.Roundings));
            case 2 when isReal:
                return (draw.Bool() ? new MaximumOp() : new MinimumOp(), [a, b], new(DType.F32, whole, fraction, Math.Max(x.Roundings, y.Roundings)));
            case 3 when isReal && x.Whole + x.Fraction < MostBits:
                return (draw.OneOf<ElementwiseOp>(new NegOp(), new AbsOp(), new ReluOp(), new LeakyReluOp(0.5f)), [a], x with { Fraction = x.Fraction + 1 });
            case 4 when isReal && x.IsExact:
                return (draw.OneOf<ElementwiseOp>(new FloorOp(), new SignOp(), new ClipOp(-1.5f, 2.5f)), [a], new(DType.F32, Math.Max(x.Whole, 2), Math.Max(x.Fraction, 1)));
            case 5 when isReal && x.IsExact && x.Whole <= 3:
                return (draw.OneOf<ElementwiseOp>(new ExpOp(), new TanhOp(), new SigmoidOp(), new SoftplusOp()), [a], new(DType.F32, 0, 0, Roundings: 1));
            case 6 when bothExact:
                var comparison = draw.OneOf(Comparison.Less, Comparison.LessEqual, Comparison.Greater, Comparison.GreaterEqual, Comparison.Equal, Comparison.NotEqual);
                return (new CompareOp(comparison), [a, b], new(DType.U32, 0, 0));
            case 7 when values.Exists(v => v.DType == DType.U32):
                return (new SelectOp(), [Other(v => v.DType == DType.U32), a, b], new(x.DType, whole, fraction, Math.Max(x.Roundings, y.Roundings)));
            case 8 when x.IsExact:
                var to = draw.OneOf(DType.F32, DType.I32, DType.U32);
                return (new CastOp(to), [a], x with { DType = to });
            case 9:
                var dtype = draw.OneOf(DType.F32, DType.I32, DType.U32);
                return (new LiteralOp(draw.Int(0, 3) * (dtype == DType.F32 ? 0.75f : 1), dtype), [], new(dtype, 2, 2));
            default:
                return (draw.Bool() ? new BroadcastToOp(shape) : new IdentityOp(), [a], x);
        }

        int Other(Func<Value, bool> fits)
        {
            var fitting = Enumerable.Range(0, values.Count).Where(v => fits(values[v])).ToArray();
            return fitting[draw.Int(0, fitting.Length - 1)];
        }
    }
}
