using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs a chain of elementwise ops with the templates shaders/Elementwise.comp and .lane.comp: the chain's GLSL is made by <see cref="ChainSource"/>.</summary>
internal sealed class ElementwiseKernel : Kernel<FusedElementwiseOp>
{
    private const int MostGroups = 1 << 15, MostSteps = 128;

    public override IEnumerable<Variant> Variants(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        limits.HasLaneWords && inputs.All(i => ChainSource.HasLanes(i.Shape, op.Shape))
            ? LaneVariants(op, outputs[0].Count, limits).Concat(PortableVariants(outputs[0].Count, limits))
            : PortableVariants(outputs[0].Count, limits);

    public override KernelPlan Plan(FusedElementwiseOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (count, constants) = ((uint)outputs[0].Count, variant.Constants!);
        if (variant.Family == Family.Lane)
        {
            var lanes = ChainSource.Lanes(op, inputs);
            return Chain(lanes, new Grid(count / (ChainSource.LaneRun * constants[1] * constants[2])), count);
        }
        var (width, each) = (uint.Parse(variant.Defines![0].Value), constants[1]);
        return Chain(ChainSource.Wide(op, inputs, width), Grid.Linear((count / width + each - 1) / each, variant.Lanes), count);
    }

    private static Dispatch Chain(ChainSource chain, Grid grid, uint count) =>
        new(grid, [count, .. chain.Words], Includes: [("chain-buffers.glsl", chain.Buffers), ("chain.glsl", chain.Body)]);

    // Straight-line code has no tail: the runs must divide into workgroups. Two workgroups at least, or one core of two stands idle.
    private static IEnumerable<Variant> LaneVariants(FusedElementwiseOp op, int count, DeviceLimits limits)
    {
        if (count == 0 || count % ChainSource.LaneRun != 0 || op.Steps.Count > MostSteps / 2) yield break;
        var runs = (uint)count / ChainSource.LaneRun;
        foreach (var subgroups in (uint[])[8, 16, 4, 2, 1])
        {
            var fitting = Enumerable.Range(2, 31).Select(u => (uint)u)
                .Where(u => runs % (u * subgroups) == 0 && u * op.Steps.Count <= MostSteps && runs / (u * subgroups) is >= 2 and <= MostGroups).Reverse().ToArray();
            if (fitting.Length > 0 && limits.AllowsLanes(8 * subgroups))
                yield return new(Family.Lane, $"runs{subgroups}x{fitting[0]}", 8 * subgroups, [8 * subgroups, subgroups, fitting[0]], LaneTable: 32,
                    Tunables: [new("units", fitting, Constant: 2)]);
        }
    }

    // Memory-bound: how many elements an invocation takes decides. A processor pays for every invocation, a GPU hides latency with many.
    private static IEnumerable<Variant> PortableVariants(int count, DeviceLimits limits)
    {
        var preferred = limits.Quirks.RunsOnProcessor ? (uint[])[32, 8, 1] : [1, 4, 8];
        foreach (var width in (uint[])[limits.Quirks.RunsOnProcessor ? 2u : 4u, 1])
        {
            if (count % (int)width != 0) continue;
            foreach (var lanes in (uint[])[64, 256])
                foreach (var each in preferred)
                    if (limits.AllowsLanes(lanes) && (each == 1 || (long)lanes * each * width * 2 <= count))
                        yield return new(Family.Portable, $"lanes{lanes}x{width}each{each}", lanes, [lanes, each], Defines: [("WIDTH", $"{width}")]);
        }
    }
}
