using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="FiniteOp"/>: shaders/Finite.comp takes the largest magnitude's bits of each invocation's share of up to four inputs,
/// shaders/Finite.sum.comp says whether all of them are finite. On processors shaders/Finite.lane.comp takes what it can of long inputs.</summary>
internal sealed class FiniteKernel : Kernel<FiniteOp>
{
    private const int InputsAtOnce = 4;
    private const uint Subgroups = 16, Terms = 64, MostGroups = 1 << 15;    // of Finite.lane.comp
    private const uint LaneGroup = 8 * Terms * Subgroups;                   // elements of a workgroup

    public override IEnumerable<Variant> Variants(FiniteOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (limits.HasLaneWords && limits.AllowsLanes(8 * Subgroups) && inputs.Any(i => Groups(i) > 0))
            yield return new(Family.Lane, "terms64", 64, [64, 1, 1024]);
        // Words that the last dispatch must read against shares that keep every core or lane busy.
        foreach (var (invocations, chunked) in limits.Quirks.RunsOnProcessor ? ((uint, uint)[])[(1024, 1), (4096, 0)] : [(16384, 0), (4096, 1)])
            yield return new(Family.Portable, $"{(chunked == 1 ? "chunks" : "shares")}{invocations}", 64, [64, chunked, invocations]);
    }

    public override KernelPlan Plan(FiniteOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (dispatches, words) = (new List<Dispatch>(), 0L);
        Slot Scratch(long count)
        {
            var slot = Slot.Scratch(0, 4 * words, 4 * count);
            words += count;     // always a multiple of 64: slots start at multiples of 256 bytes
            return slot;
        }
        var rest = new List<(Slot Slot, uint Count)>();
        for (var i = 0; i < inputs.Count; i++)
        {
            var groups = variant.Family == Family.Lane ? Groups(inputs[i]) : 0;
            var taken = groups * LaneGroup;
            if (groups > 0)
                dispatches.Add(new(new Grid(groups), [], [Slot.Input(i, 0, 4L * taken), Scratch(groups * Subgroups)],
                    Shader: "Finite.lane.comp", Constants: [8 * Subgroups, Subgroups, Terms], Defines: [], LaneTable: 32));
            if (inputs[i].Count > taken)
                rest.Add((Slot.Input(i, 4L * taken), (uint)inputs[i].Count - taken));
        }
        foreach (var group in rest.Chunk(InputsAtOnce))
        {
            // No more shares than the largest has wide words, so that a small one is one workgroup.
            var shares = Math.Min(variant.Constants![2], (group.Max(g => g.Count) + 255) / 256 * 64);
            dispatches.Add(new(new Grid(shares / 64), [shares, .. group.Select(g => g.Count), .. new uint[InputsAtOnce - group.Length]],
                [.. group.Select(g => g.Slot), Scratch(shares)],
                Shader: "Finite.comp", Constants: [64, variant.Constants[1]], Defines: [("INPUTS", $"{group.Length}")]));
        }
        dispatches.Add(new(new Grid(1), [(uint)words], [Slot.Scratch(0, written: false), Slot.Output(0)], Shader: "Finite.sum.comp", Constants: [64], Defines: []));
        return new(dispatches, [Math.Max(4, 4 * words)]);
    }

    // Workgroups of Finite.lane.comp for an input, a multiple of four so that their words fill 256 bytes.
    private static uint Groups(TensorType input) => Math.Min((uint)input.Count / LaneGroup, MostGroups) / 4 * 4;
}
