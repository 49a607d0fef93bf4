using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Checking;

/// <summary>A case that loses one axis, or as few axes together as its op accepts.</summary>
internal static class EmptyCases
{
    /// <summary>The op on every smallest set of axes that may be empty together.</summary>
    public static IEnumerable<OpCase> Of(OpCase drawn)
    {
        const int Own = -1;     // the shape that an op holds itself
        var axes = drawn.Inputs.Select(x => x.Shape.Rank).SelectMany((rank, i) => Axes(i, rank)).Concat(Axes(Own, RankOf(drawn.Op))).ToList();
        var found = new List<int>();
        foreach (var set in Enumerable.Range(1, (1 << axes.Count) - 1).Where(s => int.PopCount(s) <= 5).OrderBy(int.PopCount))
        {
            if (found.Exists(f => (f & set) == f)) continue;
            var chosen = axes.Where((_, a) => (set >> a & 1) != 0).ToList();
            ReferenceTensor[] inputs = [.. drawn.Inputs.Select((x, i) => chosen.Exists(c => c.Input == i) ? new ReferenceTensor(new(x.Type.DType, Without(x.Shape, i))) : x)];
            var op = Resized(drawn.Op);
            try
            {
                _ = op.Infer([.. inputs.Select(x => x.Type)]);
            }
            catch (ShapeException)
            {
                continue;
            }
            found.Add(set);
            yield return new(op, inputs);

            Shape Without(Shape shape, int input) => new([.. shape.Select((extent, axis) => chosen.Contains((input, axis)) ? 0 : extent)]);
            Op Resized(Op op) => op switch
            {
                RandomUniformOp r => r with { Shape = Without(r.Shape, Own) },
                RandomNormalOp r => r with { Shape = Without(r.Shape, Own) },
                RandomBitsOp r => r with { Shape = Without(r.Shape, Own) },
                FusedElementwiseOp f => f with { Shape = Without(f.Shape, Own) },
                FusedReduceOp f => f with { Chain = f.Chain with { Shape = Without(f.Chain.Shape, Own) } },
                ReshapeOp r => r with { To = Without(r.To, Own) },
                BroadcastToOp b => b with { To = Without(b.To, Own) },
                SliceOp s => s with { Counts = [.. s.Counts.Select((count, axis) => chosen.Contains((Own, axis)) ? 0 : count)] },
                _ => op,
            };
        }
    }

    private static IEnumerable<(int Input, int Axis)> Axes(int input, int rank) => Enumerable.Range(0, rank).Select(axis => (input, axis));

    private static int RankOf(Op op) => op switch
    {
        RandomOp r => r.Shape.Rank,
        FusedElementwiseOp f => f.Shape.Rank,
        FusedReduceOp f => f.Chain.Shape.Rank,
        ReshapeOp r => r.To.Rank,
        BroadcastToOp b => b.To.Rank,
        SliceOp s => s.Counts.Count,
        _ => 0,
    };
}
