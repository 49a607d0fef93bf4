using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs an op on rows with its lane shader where a processor's subgroup can hold a row, and else as <see cref="RowKernel{TOp}"/>.</summary>
/// <typeparam name="TOp">The op.</typeparam>
internal abstract class LaneRowKernel<TOp> : RowKernel<TOp> where TOp : Op
{
    private const int Pair = 16, LongestRow = 1024;
    private const uint MostGroups = 1 << 15;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (columns, rows) = (inputs[0].Shape[-1], (uint)(inputs[0].Count / inputs[0].Shape[-1]));
        if (limits.HasLaneWords && columns % Pair == 0 && columns <= LongestRow)
            foreach (var subgroups in (uint[])[8, 4, 1])
                // Two workgroups at least, or one core of two stands idle.
                if (rows % subgroups == 0 && rows / subgroups is >= 2 and <= MostGroups && limits.AllowsLanes(8 * subgroups))
                    yield return new(Family.Lane, $"rows{subgroups}", 8 * subgroups, [8 * subgroups, subgroups, (uint)(columns / Pair)], LaneTable: 32);
        foreach (var variant in base.Variants(op, inputs, outputs, limits)) yield return variant;
    }

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Lane
            ? new Dispatch(new Grid((uint)(inputs[0].Count / inputs[0].Shape[-1]) / variant.Constants![1]), [])
            : base.Plan(op, variant, inputs, outputs);
}
