using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="RandomBitsOp"/>, <see cref="RandomUniformOp"/> and <see cref="RandomNormalOp"/> with shaders/Random.comp or Random.lane.comp: a unit is a Philox block of four elements.</summary>
internal sealed class RandomKernel : Kernel<RandomOp>
{
    public override IEnumerable<Variant> Variants(RandomOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        PhiloxLanes.Overlapping(outputs[0].Count, limits, Make(op)).Concat(EachUnit.Variants((outputs[0].Count + 3L) / 4, limits, [Make(op)]));

    private static uint Make(RandomOp op) =>
        op switch { RandomBitsOp => 0u, RandomUniformOp => 1u, RandomNormalOp => 2u, _ => throw new NotSupportedException($"Random.comp does not make {op.Name}") };

    public override KernelPlan Plan(RandomOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (a, b) = op switch
        {
            RandomUniformOp uniform => (uniform.Low, uniform.High - uniform.Low),
            RandomNormalOp normal => (normal.Mean, normal.Deviation),
            _ => (0f, 0f),
        };
        return new Dispatch(PhiloxLanes.Grid(variant, outputs[0].Count), [(uint)outputs[0].Count, (uint)op.Stream, Dispatch.Bits(a), Dispatch.Bits(b)]);
    }
}
