using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>Products of a batch that one dispatch computes: those of an outer and an inner axis, each with its step through a and b.</summary>
/// <param name="Count">Products.</param>
/// <param name="Inner">Extent of the inner axis.</param>
/// <param name="A">Elements of a before the first matrix, and its outer and inner steps.</param>
/// <param name="B">The same for b.</param>
/// <param name="Y">Elements of y before the first matrix; those of y follow one another.</param>
internal sealed record MatMulBatches(int Count, int Inner, (int First, int Outer, int Inner) A, (int First, int Outer, int Inner) B, int Y)
{
    /// <summary>The words inner, aFirst, aOuter, aInner, bFirst, bOuter, bInner, yFirst of the shaders.</summary>
    public uint[] Words => [(uint)Inner, (uint)A.First, (uint)A.Outer, (uint)A.Inner, (uint)B.First, (uint)B.Outer, (uint)B.Inner, (uint)Y];

    /// <summary>Splits the batch axes of a product into dispatches: one, unless more than two axes stretch differently on the two sides.</summary>
    /// <param name="a">The shape of the first factor.</param>
    /// <param name="b">The shape of the second factor.</param>
    /// <param name="y">The shape of the product.</param>
    public static IReadOnlyList<MatMulBatches> Of(Shape a, Shape b, Shape y)
    {
        var axes = Axes(a, b, y);
        while (axes.Count < 2) axes.Insert(0, (1, 0, 0));
        var ((outer, outerA, outerB), (inner, innerA, innerB)) = (axes[^2], axes[^1]);
        List<(int A, int B)> starts = [(0, 0)];
        foreach (var (extent, stepA, stepB) in axes.SkipLast(2))
            starts = [.. from start in starts from i in Enumerable.Range(0, extent) select (start.A + i * stepA, start.B + i * stepB)];
        var size = outer * inner * y[-2] * y[-1];
        return [.. starts.Select((s, i) => new MatMulBatches(outer * inner, inner, (s.A, outerA, innerA), (s.B, outerB, innerB), i * size))];
    }

    // Extent and steps in elements, slowest first; an axis that goes on where the next one ends is merged with it.
    private static List<(int Extent, int A, int B)> Axes(Shape a, Shape b, Shape y)
    {
        var batch = new Shape(y.Extents[..^2]);
        var (strideA, strideB) = (new Shape(a.Extents[..^2]).BroadcastStrides(batch), new Shape(b.Extents[..^2]).BroadcastStrides(batch));
        var (sizeA, sizeB) = (a[-2] * a[-1], b[-2] * b[-1]);
        var axes = new List<(int Extent, int A, int B)>();
        for (var axis = 0; axis < batch.Rank; axis++)
        {
            if (batch[axis] == 1) continue;
            var next = (Extent: batch[axis], A: strideA[axis] * sizeA, B: strideB[axis] * sizeB);
            if (axes is [.., var last] && last.A == next.Extent * next.A && last.B == next.Extent * next.B)
                axes[^1] = (last.Extent * next.Extent, next.A, next.B);
            else
                axes.Add(next);
        }
        return axes;
    }
}
