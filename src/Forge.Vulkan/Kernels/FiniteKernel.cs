using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// Runs <see cref="FiniteOp"/>: the flag is filled with 1, and shaders/Finite.comp clears it for up to four inputs at once. On processors
/// shaders/Finite.lane.comp takes long inputs, each together with one of a single element, which a loss is.
/// </summary>
internal sealed class FiniteKernel : Kernel<FiniteOp>
{
    private const int InputsAtOnce = 4;
    private const uint Subgroups = 16, Terms = 64, MostGroups = 1 << 15;    // of Finite.lane.comp
    private const uint LaneGroup = 8 * Terms * Subgroups;                   // elements of a workgroup

    public override IEnumerable<Variant> Variants(FiniteOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (limits.HasLaneWords && limits.AllowsLanes(8 * Subgroups) && inputs.Any(IsLong))
            yield return new(Family.Lane, "terms64", 64, [64, 1, 1024]);
        // Workgroups to start against shares that keep every core or lane busy.
        foreach (var (invocations, chunked) in limits.Quirks.RunsOnProcessor ? ((uint, uint)[])[(1024, 1), (4096, 0)] : [(16384, 0), (4096, 1)])
            yield return new(Family.Portable, $"{(chunked == 1 ? "chunks" : "shares")}{invocations}", 64, [64, chunked, invocations]);
    }

    public override KernelPlan Plan(FiniteOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (dispatches, flag) = (new List<Dispatch>(), Slot.Output(0));
        var rest = Enumerable.Range(0, inputs.Count).Where(i => inputs[i].Count > 0).ToList();
        if (variant.Family == Family.Lane)
            foreach (var i in rest.Where(i => IsLong(inputs[i])).ToArray())
            {
                rest.Remove(i);
                var one = rest.FindIndex(r => inputs[r].Count == 1);
                var single = one < 0 ? Slot.Input(i, 0, 4) : Slot.Input(rest[one]);
                if (one >= 0) rest.RemoveAt(one);
                dispatches.Add(new(new Grid(Groups(inputs[i])), [(uint)inputs[i].Count - (8 * Terms)], [Slot.Input(i), single, flag],
                    Shader: "Finite.lane.comp", Constants: [8 * Subgroups, Subgroups, Terms], Defines: [], LaneTable: 32));
            }
        foreach (var group in rest.Chunk(InputsAtOnce))
        {
            // No more shares than the largest has wide words, so that a small one is one workgroup.
            var shares = Math.Min(variant.Constants![2], ((uint)group.Max(i => inputs[i].Count) + 255) / 256 * 64);
            dispatches.Add(new(new Grid(shares / 64), [shares, .. group.Select(i => (uint)inputs[i].Count), .. new uint[InputsAtOnce - group.Length]],
                [.. group.Select(i => Slot.Input(i)), flag],
                Shader: "Finite.comp", Constants: [64, variant.Constants[1]], Defines: [("INPUTS", $"{group.Length}")]));
        }
        if (dispatches.Count == 0)      // nothing to find; the fill needs a dispatch that it comes before
            dispatches.Add(new(new Grid(1), [64, 0, 0, 0, 0], [flag with { Written = false }, flag], Shader: "Finite.comp", Constants: [64, 1], Defines: [("INPUTS", "1")]));
        dispatches[0] = dispatches[0] with { Fill = (flag, 1) };
        return new(dispatches, []);
    }

    private static bool IsLong(TensorType input) => input.Count >= 4 * LaneGroup && Groups(input) <= MostGroups;

    // Workgroups of Finite.lane.comp; the last ones overlap.
    private static uint Groups(TensorType input) => ((uint)input.Count + LaneGroup - 1) / LaneGroup;
}
