using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Cases larger than a sampler draws: where a kernel splits its work, folds its grid or works on wide words.</summary>
internal static class LargeCases
{
    private static readonly Dictionary<string, Func<Draw, OpCase>> s_cases = new()
    {
        ["sum of a whole tensor"] = d => Reduce(d, Reduction.Sum, new(37, 4001), 0, 1),
        ["sum of squares of a whole tensor"] = d => Reduce(d, Reduction.SumSquares, new(200_000), 0),
        ["mean of long rows"] = d => Reduce(d, Reduction.Mean, new(5, 20_000), 1),
        ["maximum of long rows"] = d => Reduce(d, Reduction.Max, new(3, 9_001), 1),
        ["sum of many columns"] = d => Reduce(d, Reduction.Sum, new(3000, 36), 0),
        ["minimum of three columns"] = d => Reduce(d, Reduction.Min, new(4001, 3), 0),
        ["mean around a kept axis"] = d => Reduce(d, Reduction.Mean, new(40, 6, 50, 7), 0, 2),
        ["sum of many short rows"] = d => Reduce(d, Reduction.Sum, new(9000, 12), 1),
        ["sum of a whole tensor of odd length"] = d => Reduce(d, Reduction.Sum, new(200_003), 0),
        ["mean of columns, rows left over"] = d => Reduce(d, Reduction.Mean, new(3001, 40), 0),
        ["maximum of columns"] = d => Reduce(d, Reduction.Max, new(1024, 32), 0),
        ["sum of squares of rows of 2048"] = d => Reduce(d, Reduction.SumSquares, new(30, 2048), 1),
        ["minimum of rows of 96"] = d => Reduce(d, Reduction.Min, new(700, 96), 1),
        ["sums of images' channels"] = d => Reduce(d, Reduction.Sum, new(9, 40, 41, 16), 0, 1, 2),
        ["a NaN in columns"] = d => new(new ReduceOp(Reduction.Max, [0], false), Spoilt(d.Uniform(new(4000, 8)))),
        ["finite, long"] = d => new(new FiniteOp(), d.Uniform(new(300_001)), d.Uniform(new(1))),
        ["a single element that is not finite"] = d => new(new FiniteOp(), d.Uniform(new(300_001)), Spoilt(d.Uniform(new(1)), fromEnd: 1)),
        ["not finite, in what lanes leave"] = d => new(new FiniteOp(), Spoilt(d.Uniform(new(300_001))), d.Uniform(new(1))),
        ["a NaN in a maximum"] = d => WithNaN(d, Reduction.Max),
        ["a NaN in a minimum"] = d => WithNaN(d, Reduction.Min),
        ["finite inputs, six of them"] = d => Finite(d, at: -1),
        ["an infinity in the fifth of six"] = d => Finite(d, at: 4),
        ["argmax of a whole tensor"] = d => new(new ArgMaxOp([0, 1]), d.Integers(new(70, 90), DType.F32, -1000, 1000)),
        ["argmax over every other axis of seven"] = d => new(new ArgMaxOp([0, 2, 4, 6]), d.Integers(new(2, 3, 4, 3, 2, 3, 5), DType.F32, -50, 50)),
        ["argmax over the others of seven"] = d => new(new ArgMaxOp([1, 3, 5]), Spoilt(d.Integers(new(2, 3, 4, 3, 2, 3, 5), DType.F32, -50, 50))),
        ["transpose of wide rows"] = d => new(new TransposeOp([1, 0, 2]), d.Uniform(new(60, 50, 16))),
        ["transpose of columns"] = d => new(new TransposeOp([1, 0]), d.Uniform(new(301, 203))),
        ["transpose of seven axes"] = d => new(new TransposeOp([6, 5, 4, 3, 2, 1, 0]), d.Uniform(new(2, 3, 2, 3, 2, 3, 2))),
        ["transpose of channels before columns"] = d => new(new TransposeOp([0, 3, 1, 2]), d.Uniform(new(3, 17, 19, 20))),
        ["transpose of five axes"] = d => new(new TransposeOp([4, 0, 2, 1, 3]), d.Uniform(new(3, 4, 5, 18, 2))),
        ["transpose of five axes, the last kept"] = d => new(new TransposeOp([2, 1, 3, 0, 4]), d.Uniform(new(3, 4, 5, 3, 19))),
        ["slice of every third, backwards"] = d => new(new SliceOp([2, 299], [7, 97], [1, -3]), d.Uniform(new(12, 301))),
        ["pad between"] = d => new(new PadOp(new(25, 70), [2, 3], [3, 2], -1), d.Uniform(new(7, 33))),
        ["slice of eight axes"] = d => Slice(d, new(3, 3, 3, 3, 3, 3, 3, 3), start: 0, count: 2, step: 2),
        ["slice of wide rows"] = d => new(new SliceOp([2, 8], [90, 64], [1, 1]), d.Uniform(new(100, 80))),
        ["pad of wide rows"] = d => new(new PadOp(new(100, 80), [2, 8], [1, 1], 3), d.Uniform(new(90, 64))),
        ["concat of wide and narrow"] = d => new(new ConcatOp(1), d.Uniform(new(300, 64)), d.Uniform(new(300, 3)), d.Uniform(new(300, 8))),
        ["images from bytes"] = d => new(new FromBytesOp(DType.F32), d.Integers(new(8, 33, 33, 3), DType.U8, 0, 255)),
        // Products: K cut into slices, chained past 32 subgroups, not a multiple of the chunks; either factor narrow; rows a multiple of 4 KiB apart.
        ["product of long rows, 16 columns"] = d => Product(d, 9, 5003, 16),
        ["product of long rows, narrow on the left"] = d => Product(d, 3, 3001, 40, bias: true),
        ["product of long columns"] = d => Product(d, 20, 2500, 18, transposeA: true, bias: true),
        ["product of long columns, both transposed"] = d => Product(d, 18, 2305, 22, transposeA: true, transposeB: true),
        ["product whose rows are 4 KiB apart"] = d => Product(d, 7, 70, 1024),
        ["product onto ten columns"] = d => Product(d, 128, 128, 10, bias: true),
        ["product with column sums of many rows"] = d => new(new MatMulOp(TransposeA: true, WithColumnSums: true), d.Uniform(new(1201, 17)), d.Uniform(new(1201, 24))),
        // Convolutions: parts of a tap's channels, masked channels, tiles that overlap, every side padded, steps and gaps.
        ["convolution of 131 channels"] = d => Convolve(d, new(1, 5, 9, 131), (2, 3), 20, Conv2DGeometry.Unit),
        ["convolution of three channels, wide rows"] = d => Convolve(d, new(2, 5, 103, 3), (3, 3), 33, Conv2DGeometry.Unit),
        ["convolution padded unevenly"] = d => Convolve(d, new(2, 6, 11, 20), (3, 4), 24, Conv2DGeometry.Unit with { Padding = new(2, 0, 1, 3) }),
        ["convolution with steps, padded"] = d => Convolve(d, new(2, 9, 15, 5), (4, 4), 18, Conv2DGeometry.Unit with { Stride = (2, 3), Padding = new(1, 1, 2, 1) }),
        ["convolution with gaps"] = d => Convolve(d, new(1, 11, 12, 12), (3, 3), 16, Conv2DGeometry.Unit with { Dilation = (3, 2) }),
        ["convolution of 67 channels onto three, padded"] = d => Convolve(d, new(2, 6, 13, 67), (3, 3), 3, Conv2DGeometry.Unit with { Padding = new(1, 1, 0, 2) }),
        ["convolution of 397 channels onto five"] = d => Convolve(d, new(1, 4, 7, 397), (2, 2), 5, Conv2DGeometry.Unit),
        ["convolution in groups, with steps and gaps, padded"] = d => Convolve(d, new(2, 9, 12, 60), (3, 3), 54, new((2, 2), new(1, 1, 1, 1), (1, 2), Groups: 3)),
        ["convolution of each channel alone, padded"] = d => Convolve(d, new(2, 9, 13, 35), (3, 3), 35, new(1, new(1, 1, 1, 1), 1, Groups: 35)),
        ["convolution of each channel alone, with steps and gaps"] = d => Convolve(d, new(2, 19, 23, 9), (3, 5), 9, new((2, 3), Padding2D.Valid, (3, 2), Groups: 9)),
        ["input gradient of each channel alone"] = d => InputGradient(d, new(2, 9, 14, 24), (3, 3), 24, Conv2DGeometry.Unit with { Groups = 24 }),
        ["input gradient of three channels"] = d => InputGradient(d, new(2, 9, 14, 3), (3, 3), 40, Conv2DGeometry.Unit),
        ["input gradient in groups"] = d => InputGradient(d, new(1, 8, 9, 18), (3, 2), 28, Conv2DGeometry.Unit with { Groups = 2, Padding = new(0, 1, 1, 0) }),
        ["input gradient of 67 channels, padded"] = d => InputGradient(d, new(1, 8, 9, 67), (3, 3), 35, Conv2DGeometry.Unit with { Padding = new(1, 1, 1, 1) }),
        ["input gradient, padded past the window"] = d => InputGradient(d, new(2, 5, 7, 16), (2, 2), 9, Conv2DGeometry.Unit with { Padding = new(3, 2, 2, 3) }),
        ["input gradient with steps"] = d => InputGradient(d, new(2, 13, 16, 20), (3, 3), 40, Conv2DGeometry.Unit with { Stride = (2, 2) }),
        ["input gradient with steps, padded"] = d => InputGradient(d, new(2, 12, 15, 67), (3, 3), 35, Conv2DGeometry.Unit with { Stride = (2, 2), Padding = new(1, 1, 1, 1) }),
        ["input gradient with steps past the window"] = d => InputGradient(d, new(3, 10, 17, 32), (1, 2), 24, Conv2DGeometry.Unit with { Stride = (2, 3) }),
        ["input gradient with steps and gaps"] = d => InputGradient(d, new(1, 17, 29, 16), (3, 4), 9, new((3, 4), new(2, 1, 3, 0), (3, 2), 1)),
        ["input gradient of three channels, with steps"] = d => InputGradient(d, new(2, 14, 19, 3), (5, 5), 24, Conv2DGeometry.Unit with { Stride = (2, 2), Padding = new(2, 2, 1, 2) }),
        ["input gradient in groups, with steps"] = d => InputGradient(d, new(2, 9, 12, 60), (3, 3), 54, new((2, 2), new(1, 1, 1, 1), (1, 2), Groups: 3)),
        ["input gradient of each channel alone, with steps"] = d => InputGradient(d, new(2, 14, 19, 35), (3, 3), 35, new((2, 3), new(1, 1, 1, 0), 1, Groups: 35)),
        // Short rows: tiles go across the ends of rows and images. Phases of equal windows are one dispatch; of a DCGAN's four, of nine, of a row of two.
        ["convolution of a DCGAN onto 7x7"] = d => Convolve(d, new(5, 14, 14, 20), (4, 4), 32, Conv2DGeometry.Unit with { Stride = 2, Padding = new(1, 1, 1, 1) }),
        ["convolution onto rows of two pixels"] = d => Convolve(d, new(9, 5, 3, 33), (2, 2), 24, Conv2DGeometry.Unit),
        ["convolution onto single pixels"] = d => Convolve(d, new(17, 3, 4, 12), (3, 4), 18, Conv2DGeometry.Unit),
        ["input gradient of a DCGAN from 7x7"] = d => InputGradient(d, new(3, 14, 14, 35), (4, 4), 40, Conv2DGeometry.Unit with { Stride = 2, Padding = new(1, 1, 1, 1) }),
        ["input gradient of nine phases"] = d => InputGradient(d, new(2, 15, 21, 16), (6, 6), 24, Conv2DGeometry.Unit with { Stride = 3, Padding = new(2, 1, 1, 2) }),
        ["input gradient of two phases, a row"] = d => InputGradient(d, new(4, 5, 10, 18), (3, 4), 17, Conv2DGeometry.Unit with { Stride = (1, 2), Padding = new(1, 1, 1, 1) }),
        // Windows of 3x3, channels in blocks of eight: transformed tiles, in chunks of 8, 16 and 24 channels; odd sizes, panels that overlap, every side padded.
        ["convolution 3x3 of 40 channels, odd sizes"] = d => Convolve(d, new(2, 9, 17, 40), (3, 3), 24, Conv2DGeometry.Unit),
        ["convolution 3x3 of 48 channels, padded"] = d => Convolve(d, new(2, 11, 13, 48), (3, 3), 33, Conv2DGeometry.Unit with { Padding = new(1, 1, 1, 1) }),
        ["convolution 3x3 of 24 channels, two rows, padded unevenly"] = d => Convolve(d, new(1, 2, 31, 24), (3, 3), 16, Conv2DGeometry.Unit with { Padding = new(2, 0, 0, 3) }),
        ["input gradient 3x3 onto 35 channels"] = d => InputGradient(d, new(2, 8, 29, 35), (3, 3), 32, Conv2DGeometry.Unit),
        ["input gradient 3x3, padded past the window"] = d => InputGradient(d, new(2, 6, 9, 20), (3, 3), 16, Conv2DGeometry.Unit with { Padding = new(3, 1, 0, 4) }),
        ["weight gradient of a row in parts"] = d => WeightGradient(d, new(1, 6, 203, 2), (3, 3), 16, Conv2DGeometry.Unit with { Padding = new(1, 1, 1, 1) }),
        ["weight gradient of many slices"] = d => WeightGradient(d, new(31, 21, 30, 1), (3, 3), 20, Conv2DGeometry.Unit),
        ["weight gradient of slices of a prime number of rows"] = d => WeightGradient(d, new(1, 1011, 12, 3), (3, 3), 17, Conv2DGeometry.Unit),
        ["weight gradient with steps, padded"] = d => WeightGradient(d, new(3, 14, 13, 6), (3, 3), 16, Conv2DGeometry.Unit with { Stride = (2, 3), Padding = new(3, 2, 3, 2) }),
        ["weight gradient of a DCGAN, whole images a chunk"] = d => WeightGradient(d, new(5, 14, 14, 16), (4, 4), 32, Conv2DGeometry.Unit with { Stride = 2, Padding = new(1, 1, 1, 1) }),
        ["weight gradient of each channel alone, padded"] = d => WeightGradient(d, new(2, 9, 71, 35), (3, 3), 35, new(1, new(1, 1, 1, 1), 1, Groups: 35)),
        ["weight gradient of each channel alone, short rows"] = d => WeightGradient(d, new(6, 22, 9, 32), (3, 5), 32, new((2, 1), Padding2D.Valid, (1, 2), Groups: 32)),
        ["weight gradient in groups, with steps"] = d => WeightGradient(d, new(2, 15, 19, 60), (3, 3), 54, new((2, 1), new(1, 0, 1, 1), (1, 2), Groups: 3)),
        ["weight gradient in groups of three channels and two outputs"] = d => WeightGradient(d, new(2, 9, 40, 12), (3, 3), 8, Conv2DGeometry.Unit with { Groups = 4 }),
        ["weight gradient of three channels and eleven outputs"] = d => WeightGradient(d, new(2, 9, 40, 3), (3, 3), 11, Conv2DGeometry.Unit with { Padding = new(1, 1, 1, 1) }),
        ["weight gradient of 67 channels and three outputs, padded"] = d => WeightGradient(d, new(3, 12, 71, 67), (3, 3), 3, Conv2DGeometry.Unit with { Padding = new(1, 1, 0, 2) }),
        ["weight gradient in groups of nine channels and seven outputs"] = d => WeightGradient(d, new(3, 24, 27, 27), (2, 3), 21, new((1, 2), Padding2D.Valid, (2, 1), Groups: 3)),
        ["images to bytes"] = d => new(new ToBytesOp(), d.Uniform(new(8, 33, 33, 3), -20, 300)),
    };

    private static readonly Dictionary<string, Func<Draw, OpCase>>[] s_tables = [s_cases, LargeTrainingCases.All, LargeStreamingCases.All, LargeRecurrentCases.All, LargeClipCases.All];

    public static IEnumerable<string> Names => s_tables.SelectMany(t => t.Keys);

    public static OpCase Make(string name) => s_tables.First(t => t.ContainsKey(name))[name](Draw.FromSeed((ulong)name.Length));

    private static OpCase Reduce(Draw draw, Reduction kind, Shape shape, params ReadOnlySpan<int> axes) => new(new ReduceOp(kind, new(axes), false), draw.Uniform(shape));

    private static ReferenceTensor Spoilt(ReferenceTensor x, int fromEnd = 3)
    {
        x[x.Elements.Length - fromEnd] = double.NaN;
        return x;
    }

    private static OpCase WithNaN(Draw draw, Reduction kind)
    {
        var x = draw.Uniform(new(2, 5000));
        x[0, 4321] = double.NaN;
        return new(new ReduceOp(kind, [1], false), x);
    }

    private static OpCase Finite(Draw draw, int at)
    {
        ReferenceTensor[] inputs = [.. new[] { 5, 70_001, 1, 1024, 4099, 3 }.Select(count => draw.Uniform(new(count)))];
        if (at >= 0) inputs[at][inputs[at].Elements.Length - 1] = double.NegativeInfinity;
        return new(new FiniteOp(), inputs);
    }

    private static OpCase Product(Draw draw, int m, int k, int n, bool transposeA = false, bool transposeB = false, bool bias = false)
    {
        ReferenceTensor[] factors = [draw.Uniform(transposeA ? new(k, m) : new(m, k)), draw.Uniform(transposeB ? new(n, k) : new(k, n))];
        return bias ? new(new MatMulOp(transposeA, transposeB, new(true, ActivationKind.Relu)), [.. factors, draw.Uniform(new(n))]) : new(new MatMulOp(transposeA, transposeB), factors);
    }

    private static OpCase Convolve(Draw draw, Shape x, Size2D window, int outputs, Conv2DGeometry geometry) =>
        new(new Conv2DOp(geometry, new(true, ActivationKind.LeakyRelu, 0.3f)), draw.Uniform(x), draw.Uniform(new(window.H, window.W, x[3] / geometry.Groups, outputs)), draw.Uniform(new(outputs)));

    private static OpCase InputGradient(Draw draw, Shape x, Size2D window, int outputs, Conv2DGeometry geometry) =>
        new(new Conv2DInputGradientOp(geometry, (x[1], x[2])), draw.Uniform(Output(x, window, outputs, geometry)), draw.Uniform(new(window.H, window.W, x[3] / geometry.Groups, outputs)));

    private static OpCase WeightGradient(Draw draw, Shape x, Size2D window, int outputs, Conv2DGeometry geometry) =>
        new(new Conv2DWeightGradientOp(geometry, window, WithBiasGradient: true), draw.Uniform(x), draw.Uniform(Output(x, window, outputs, geometry)));

    private static Shape Output(Shape x, Size2D window, int outputs, Conv2DGeometry geometry) =>
        new Conv2DOp(geometry).Infer([new(DType.F32, x), new(DType.F32, new(window.H, window.W, x[3] / geometry.Groups, outputs))])[0].Shape;

    private static OpCase Slice(Draw draw, Shape whole, int start, int count, int step)
    {
        ValueList<int> Everywhere(int value) => [.. Enumerable.Repeat(value, whole.Rank)];
        return new(new SliceOp(Everywhere(start), Everywhere(count), Everywhere(step)), draw.Uniform(whole));
    }
}
