using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tuning;

/// <summary>Makes an op's use small enough for the fp64 reference: fewer images, rows or elements, everything else as it is.</summary>
internal static class ReducedUse
{
    // About a second of the reference.
    private const double MostFlops = 4e7, MostElements = 1 << 21;

    /// <summary>The use itself where it is small, else a smaller one of the same op; null where none is known.</summary>
    public static OpUse? Of(OpUse use)
    {
        OpUse? smaller = use;
        while (smaller is not null && Work(smaller) > 1)
            smaller = Shrunk(smaller);
        return smaller;
    }

    // What it takes of what is allowed.
    private static double Work(OpUse use) =>
        Math.Max(use.Cost.Flops / MostFlops, use.Inputs.Concat(use.Outputs).Sum(t => (double)t.Count) / MostElements);

    // The first axis cut, more than once where it must be; of a product the columns too.
    private static OpUse? Shrunk(OpUse use)
    {
        try
        {
            return use.Op switch
            {
                MatMulOp product => Product(use, product),
                Conv2DOp or Conv2DInputGradientOp => Cut(use, use.Op, [0]) ?? Lower(use),
                Conv2DWeightGradientOp => Cut(use, use.Op, [0, 1]) ?? Lower(use),
                Conv3DOp or Conv3DInputGradientOp => Cut(use, use.Op, [0]) ?? Shorter(use),
                Conv3DWeightGradientOp => Cut(use, use.Op, [0, 1]) ?? Shorter(use),
                FusedElementwiseOp chain when chain.Shape.Rank > 0 && chain.Shape[0] > 1 => Chain(use, chain),
                _ => Cut(use, use.Op, [.. Enumerable.Range(0, use.Inputs.Count)]),
            };
        }
        catch (ShapeException)
        {
            return null; // the op's own numbers hold it to its size
        }
    }

    private static int Fewer(int extent, double work)
    {
        var fewer = (int)Math.Max(1, Math.Min(extent - 1, extent / Math.Max(work, 1.5)));
        return fewer > 1024 ? fewer / 1024 * 1024 : fewer > 32 ? fewer / 16 * 16 : fewer;
    }

    private static OpUse? Cut(OpUse use, Op op, IReadOnlyList<int> among)
    {
        if (use.Inputs[0].Shape is not { Rank: > 0 } first || first[0] <= 1)
            return null;
        var (extent, fewer) = (first[0], Fewer(first[0], Work(use)));
        return new(op, [.. use.Inputs.Select((t, i) => among.Contains(i) && t.Shape.Rank > 0 && t.Shape[0] == extent ? With(t, 0, fewer) : t)]);
    }

    // A single image, with fewer rows: the forward pass says how many its result has.
    private static OpUse? Lower(OpUse use)
    {
        const int Least = 16;
        return use.Op switch
        {
            Conv2DOp op when Rows(use.Inputs[0].Shape[1]) is { } rows => new(op, [With(use.Inputs[0], 1, rows), .. use.Inputs.Skip(1)]),
            Conv2DInputGradientOp op when Rows(op.Input.H) is { } rows => new(op with { Input = new(rows, op.Input.W) },
                [With(use.Inputs[0], 1, Convolved(op.Geometry, new(1, rows, op.Input.W, use.Inputs[1].Shape[2] * op.Geometry.Groups), use.Inputs[1].Shape)), .. use.Inputs.Skip(1)]),
            Conv2DWeightGradientOp op when Rows(use.Inputs[0].Shape[1]) is { } rows => Gradient(op, With(use.Inputs[0], 1, rows)),
            _ => null,
        };

        int? Rows(int height) => height <= Least ? null : Math.Max(Least, Fewer(height, Work(use)));

        OpUse Gradient(Conv2DWeightGradientOp op, TensorType x)
        {
            var channels = x.Shape[3] / op.Geometry.Groups;
            return new(op, [x, With(use.Inputs[1], 1, Convolved(op.Geometry, x.Shape, new(op.Window.H, op.Window.W, channels, use.Inputs[1].Shape[3]))), .. use.Inputs.Skip(2)]);
        }

        static int Convolved(Conv2DGeometry geometry, Shape x, Shape w) => new Conv2DOp(geometry).Infer([new(DType.F32, x), new(DType.F32, w)])[0].Shape[1];
    }

    // A single clip, with fewer frames, then with fewer rows.
    private static OpUse? Shorter(OpUse use)
    {
        const int LeastRows = 8;
        var (first, second) = (use.Inputs[0], use.Inputs[1]);
        return use.Op switch
        {
            Conv3DOp op when Fewer(op.Geometry, first.Shape, second.Shape) is { } x => new(op, [first with { Shape = x }, .. use.Inputs.Skip(1)]),
            Conv3DInputGradientOp op when Fewer(op.Geometry, new(1, op.Input.D, op.Input.H, op.Input.W, second.Shape[3] * op.Geometry.Groups), second.Shape) is { } x =>
                new(op with { Input = (x[1], x[2], x[3]) }, [first with { Shape = Convolved(op.Geometry, x, second.Shape) }, .. use.Inputs.Skip(1)]),
            Conv3DWeightGradientOp op when WeightsOf(op) is var w && Fewer(op.Geometry, first.Shape, w) is { } x =>
                new(op, [first with { Shape = x }, second with { Shape = Convolved(op.Geometry, x, w) }]),
            _ => null,
        };

        Shape WeightsOf(Conv3DWeightGradientOp op) => new(op.Window.D, op.Window.H, op.Window.W, first.Shape[4] / op.Geometry.Groups, second.Shape[4]);

        Shape? Fewer(Conv3DGeometry geometry, Shape x, Shape w)
        {
            var least = geometry.Dilation.D * (w[0] - 1) + 1;
            return x[1] > least ? x.With(1, Math.Max(least, ReducedUse.Fewer(x[1], Work(use))))
                : x[2] > LeastRows ? x.With(2, Math.Max(LeastRows, ReducedUse.Fewer(x[2], Work(use)))) : null;
        }

        static Shape Convolved(Conv3DGeometry geometry, Shape x, Shape w) => new Conv3DOp(geometry).Infer([new(DType.F32, x), new(DType.F32, w)])[0].Shape;
    }

    private static OpUse Chain(OpUse use, FusedElementwiseOp chain)
    {
        var (rank, extent, fewer) = (chain.Shape.Rank, chain.Shape[0], Fewer(chain.Shape[0], Work(use)));
        return new(chain with { Shape = new([fewer, .. chain.Shape.Extents[1..]]) },
            [.. use.Inputs.Select(t => t.Shape.Rank == rank && t.Shape[0] == extent ? With(t, 0, fewer) : t)]);
    }

    // Rows first, then columns; terms stay, for chunks and slices are made of them.
    private static OpUse? Product(OpUse use, MatMulOp op)
    {
        var (a, b) = (use.Inputs[0].Shape, use.Inputs[1].Shape);
        if (a.Rank != 2 || b.Rank != 2)
            return Cut(use, op, [0, 1]);
        var (m, n, _) = op.Extents(a, b);
        var work = Work(use);
        if (m > 16)
            return new(op, [With(use.Inputs[0], op.TransposeA ? 1 : 0, Math.Max(16, Fewer(m, work))), .. use.Inputs.Skip(1)]);
        if (n > 16)
        {
            var fewer = Math.Max(16, Fewer(n, work));
            return new(op, [use.Inputs[0], With(use.Inputs[1], op.TransposeB ? 0 : 1, fewer), .. use.Inputs.Skip(2).Select(t => t.Shape.Rank == 1 ? With(t, 0, fewer) : t)]);
        }
        return null;
    }

    private static TensorType With(TensorType type, int axis, int extent) =>
        type with { Shape = new([.. type.Shape.Select((e, i) => i == axis ? extent : e)]) };
}
