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
        ["a NaN in a maximum"] = d => WithNaN(d, Reduction.Max),
        ["a NaN in a minimum"] = d => WithNaN(d, Reduction.Min),
        ["finite inputs, six of them"] = d => Finite(d, at: -1),
        ["an infinity in the fifth of six"] = d => Finite(d, at: 4),
        ["transpose of wide rows"] = d => new(new TransposeOp([1, 0, 2]), d.Uniform(new(60, 50, 16))),
        ["transpose of columns"] = d => new(new TransposeOp([1, 0]), d.Uniform(new(301, 203))),
        ["transpose of seven axes"] = d => new(new TransposeOp([6, 5, 4, 3, 2, 1, 0]), d.Uniform(new(2, 3, 2, 3, 2, 3, 2))),
        ["slice of eight axes"] = d => Slice(d, new(3, 3, 3, 3, 3, 3, 3, 3), start: 0, count: 2, step: 2),
        ["slice of wide rows"] = d => new(new SliceOp([2, 8], [90, 64], [1, 1]), d.Uniform(new(100, 80))),
        ["pad of wide rows"] = d => new(new PadOp(new(100, 80), [2, 8], [1, 1], 3), d.Uniform(new(90, 64))),
        ["concat of wide and narrow"] = d => new(new ConcatOp(1), d.Uniform(new(300, 64)), d.Uniform(new(300, 3)), d.Uniform(new(300, 8))),
        ["images from bytes"] = d => new(new FromBytesOp(DType.F32), d.Integers(new(8, 33, 33, 3), DType.U8, 0, 255)),
        ["images to bytes"] = d => new(new ToBytesOp(), d.Uniform(new(8, 33, 33, 3), -20, 300)),
    };

    public static IEnumerable<string> Names => s_cases.Keys;

    public static OpCase Make(string name) => s_cases[name](Draw.FromSeed((ulong)name.Length));

    private static OpCase Reduce(Draw draw, Reduction kind, Shape shape, params ReadOnlySpan<int> axes) => new(new ReduceOp(kind, new(axes), false), draw.Uniform(shape));

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

    private static OpCase Slice(Draw draw, Shape whole, int start, int count, int step)
    {
        ValueList<int> Everywhere(int value) => [.. Enumerable.Repeat(value, whole.Rank)];
        return new(new SliceOp(Everywhere(start), Everywhere(count), Everywhere(step)), draw.Uniform(whole));
    }
}
