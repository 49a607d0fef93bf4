using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Pooling, elementwise cases and reductions of chains in whole runs of sixteen, where the kernels for processors apply: odd sides, NaN, ties, every way to broadcast.</summary>
internal static class LargeStreamingCases
{
    private static readonly Pool2DGeometry s_halves = new(2, 2, Padding2D.Valid);
    private static readonly Resize2DGeometry s_smooth = new(Interpolation.Bilinear, PixelGrid.HalfPixel);

    public static Dictionary<string, Func<Draw, OpCase>> All { get; } = new()
    {
        ["max pool of 32 channels"] = d => new(new MaxPool2DOp(s_halves), Images(d, new(3, 26, 26, 32))),
        ["max pool of odd sides"] = d => new(new MaxPool2DOp(s_halves), Images(d, new(2, 11, 7, 48))),
        ["max pool of NaN"] = d => new(new MaxPool2DOp(s_halves), WithNaN(d, new(1, 6, 8, 16))),
        ["max pool gradient of 32 channels"] = d => Gradient(d, new(3, 26, 26, 32), false),
        ["max pool gradient of odd rows"] = d => Gradient(d, new(2, 11, 8, 16), false),
        ["max pool gradient of odd columns"] = d => Gradient(d, new(2, 6, 9, 64), false),
        ["max pool gradient of odd sides through relu"] = d => Gradient(d, new(4, 11, 11, 64), true),
        ["mean pool of 32 channels"] = d => new(new AvgPool2DOp(s_halves), Images(d, new(3, 26, 26, 32))),
        ["mean pool of odd sides"] = d => new(new AvgPool2DOp(s_halves), Images(d, new(2, 11, 7, 48))),
        ["mean pool of NaN"] = d => new(new AvgPool2DOp(s_halves), WithNaN(d, new(1, 6, 8, 16))),
        ["mean pool gradient of 32 channels"] = d => MeanGradient(d, new(3, 26, 26, 32)),
        ["mean pool gradient of odd rows"] = d => MeanGradient(d, new(2, 11, 8, 16)),
        ["mean pool gradient of odd columns"] = d => MeanGradient(d, new(2, 6, 9, 64)),
        ["mean pool gradient of odd sides"] = d => MeanGradient(d, new(4, 11, 11, 64)),
        ["images of 48 channels to twice the size"] = d => new(new Resize2DOp(s_smooth, (14, 22)), d.Uniform(new(2, 7, 11, 48))),
        ["images of 160 channels, aligned corners"] = d => new(new Resize2DOp(new(Interpolation.Bilinear, PixelGrid.AlignCorners), (5, 13)), d.Uniform(new(1, 9, 4, 160))),
        ["images of 16 channels, nearest, made smaller"] = d => new(new Resize2DOp(new(Interpolation.Nearest, PixelGrid.HalfPixel), (7, 5)), d.Uniform(new(3, 20, 33, 16))),
        ["gradient of images of 48 channels to twice the size"] = d => new(new Resize2DGradientOp(s_smooth, (7, 11)), d.Uniform(new(2, 14, 22, 48))),
        ["gradient of images made smaller"] = d => new(new Resize2DGradientOp(s_smooth, (20, 33)), d.Uniform(new(2, 7, 5, 16))),
        ["gradient of images of 64 channels, nearest, to five halves"] = d => new(new Resize2DGradientOp(new(Interpolation.Nearest, PixelGrid.TopLeft), (6, 8)), d.Uniform(new(2, 15, 20, 64))),
        ["chain of one shape"] = d => Chain(new(64, 48), new(64, 48)),
        ["chain with one element"] = d => Chain(new(64, 48), Shape.Scalar),
        ["chain with a row for all rows"] = d => Chain(new(80, 32), new(32)),
        ["chain with an element for each row"] = d => Chain(new(64, 48), new(64, 1)),
        ["chain with a plane in the middle"] = d => Chain(new(8, 12, 32), new(8, 1, 32)),
        ["chain with a row for each block of rows"] = d => Chain(new(6, 20, 48), new(6, 1, 48)),
        ["chain with masks and integers"] = _ => new(Fused(new SelectOp(), new(DType.U32, new Shape(96, 16)), new(DType.F32, new Shape(96, 16)), new(DType.F32, new Shape(16))),
            Draw.FromSeed(3).Integers(new(96, 16), DType.U32, 0, 1), Draw.FromSeed(4).Uniform(new(96, 16)), Draw.FromSeed(5).Uniform(new(16))),
        ["mean of a chain, whole"] = _ => Reduced(Reduction.Mean, new(300, 256), new(300, 256), 0, 1),
        ["sum of a chain of odd length"] = _ => Reduced(Reduction.Sum, new(200_003), new(200_003), 0),
        ["sum of squares of a chain of rows"] = _ => Reduced(Reduction.SumSquares, new(60, 1024), new(1024), 1),
        ["mean of a chain of rows, an element for each"] = _ => Reduced(Reduction.Mean, new(70, 512), new(70, 1), 1),
        ["sum of a chain of columns, rows left over"] = _ => Reduced(Reduction.Sum, new(3001, 48), new(48), 0),
        ["minimum of a chain of three columns"] = _ => Reduced(Reduction.Min, new(4001, 3), new(3), 0),
        ["sum of a chain around a kept axis"] = _ => Reduced(Reduction.Sum, new(40, 6, 50, 8), new(50, 1), 0, 2),
        ["mean of a chain, then of columns"] = _ => Reduced(Reduction.Mean, new(20, 8, 1024), new(20, 8, 1024), 0, 2),
        ["sum of squares of a chain of columns, blocks of rows"] = _ => Reduced(Reduction.SumSquares, new(6, 90, 48), new(6, 1, 48), 1),
        ["mean of a chain of columns, blocks of rows that one slice holds"] = _ => Reduced(Reduction.Mean, new(20, 13, 80), new(80), 1),
        ["mean of columns, blocks of rows"] = _ => new(new ReduceOp(Reduction.Mean, [1, 2], KeepDims: true), Draw.FromSeed(1).Uniform(new(8, 28, 28, 24))),
        ["maximum of columns, blocks of rows that nothing divides"] = _ => new(new ReduceOp(Reduction.Max, [1], KeepDims: false), Draw.FromSeed(1).Uniform(new(5, 131, 40))),
        ["a NaN in what the lanes leave of a chain"] = _ => Spoilt(Reduced(Reduction.Max, new(100_003), Shape.Scalar, 0)),
    };

    // (a + b) a: no smaller of the magnitudes.
    private static OpCase Reduced(Reduction kind, Shape a, Shape b, params int[] axes)
    {
        FusedStep[] steps = [new(new AddOp(), [0, 1], DType.F32), new(new MulOp(), [2, 0], DType.F32)];
        return new(new FusedReduceOp(new(2, [.. steps], [1], a), kind, [.. axes], KeepDims: false), Draw.FromSeed(1).Uniform(a), Draw.FromSeed(2).Uniform(b));
    }

    private static OpCase Spoilt(OpCase @case)
    {
        @case.Inputs[0].Elements[^2] = double.NaN;
        return @case;
    }

    // Quarters: many ties, which the first of a window wins.
    private static ReferenceTensor Images(Draw draw, Shape shape)
    {
        var x = draw.Uniform(shape, -2, 2);
        foreach (ref var v in x.Elements.AsSpan()) v = Math.Round(v * 4) / 4;
        return x;
    }

    private static ReferenceTensor WithNaN(Draw draw, Shape shape)
    {
        var x = Images(draw, shape);
        for (var i = 0; i < x.Elements.Length; i += 7) x[i] = double.NaN;
        return x;
    }

    private static OpCase Gradient(Draw draw, Shape x, bool relu) =>
        new(new MaxPool2DGradientOp(s_halves, relu), Images(draw, x), draw.Uniform(new(x[0], x[1] / 2, x[2] / 2, x[3])));

    private static OpCase MeanGradient(Draw draw, Shape x) =>
        new(new AvgPool2DGradientOp(s_halves, (x[1], x[2])), draw.Uniform(new(x[0], x[1] / 2, x[2] / 2, x[3])));

    private static OpCase Chain(Shape a, Shape b)
    {
        var (x, y) = (Draw.FromSeed(1).Uniform(a), Draw.FromSeed(2).Uniform(b));
        var add = new FusedStep(new AddOp(), [0, 1], DType.F32);
        return new(new FusedElementwiseOp(2, [add, new FusedStep(new ReluOp(), [2], DType.F32)], [0, 1], a), x, y);
    }

    private static FusedElementwiseOp Fused(ElementwiseOp op, params TensorType[] inputs) => FusedElementwiseOp.Of(op, inputs);
}
