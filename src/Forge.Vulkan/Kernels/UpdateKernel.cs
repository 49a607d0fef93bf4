using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs an optimizer's step with a shader that includes update.glsl.</summary>
/// <remarks>
/// The lane form has no tail: what its runs leave goes to the portable form. Both write parts of their own, so neither waits for the other.
/// </remarks>
/// <typeparam name="TOp">The op.</typeparam>
internal abstract class UpdateKernel<TOp> : Kernel<TOp> where TOp : UpdateOp
{
    private const uint Run = 16;            // elements of a lane run
    private const int PartElements = 64;    // slots start at multiples of 256 bytes
    private const uint MostGroups = 1 << 15;

    /// <summary>The words of SETTINGS in the op's shader.</summary>
    protected abstract IReadOnlyList<uint> Settings(TOp op);

    /// <summary>Macros of the op's shader besides SLOTS and LANES.</summary>
    protected virtual IReadOnlyList<(string Name, string Value)> Forms(TOp op) => [];

    /// <summary>1 for Keras, 0 for PyTorch: the word of isKeras.</summary>
    protected static uint IsKeras(UpdateForm form) => form == UpdateForm.Keras ? 1u : 0u;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        if (limits.HasLaneWords)
            foreach (var (subgroups, units) in ((uint, uint)[])[(16, 4), (8, 8), (4, 2)])
                // Two workgroups at least, or one core of two stands idle.
                if (8 * subgroups <= limits.MaxWorkgroupInvocations && Groups(inputs[0].Count, subgroups, units) >= 2)
                    yield return new(Family.Lane, $"runs{subgroups}x{units}", 8 * subgroups, [8 * subgroups, subgroups, units],
                        Shader: Stem + ".comp", Defines: Defines(op, lanes: true), LaneTable: 32,
                        Tunables: [new("units", [units, .. new uint[] { 16, 8, 4, 2, 1 }.Where(u => u != units && Groups(inputs[0].Count, subgroups, u) >= 2)], Constant: 2)]);
        foreach (var variant in EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, defines: Defines(op, lanes: false)))
            yield return variant;
    }

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var count = inputs[0].Count;
        if (variant.Family != Family.Lane)
            return new Dispatch(EachUnit.Grid(variant, (count + 3L) / 4), [(uint)count, .. Settings(op)]);

        var (subgroups, units) = (variant.Constants![1], variant.Constants[2]);
        var groups = Groups(count, subgroups, units);
        var whole = (int)(groups * subgroups * units * Run);
        var lanes = new Dispatch(new Grid(groups), [(uint)whole, .. Settings(op)], Part(op, 0, whole));
        if (whole == count) return lanes;
        var rest = count - whole;
        return new(lanes, new Dispatch(Grid.Linear((rest + 3) / 4, 64), [(uint)rest, .. Settings(op)], Part(op, whole, rest),
            Constants: [64, 1], Defines: Defines(op, lanes: false), LaneTable: 0));
    }

    // Workgroups of whole runs, the elements of all a multiple of what a slot starts at.
    private static uint Groups(int count, uint subgroups, uint units)
    {
        var each = subgroups * units * Run;
        return each % PartElements != 0 ? 0 : Math.Min((uint)count / each, MostGroups);
    }

    private static Slot[] Part(TOp op, int first, int count)
    {
        var tensors = 2 + op.Slots.Count;
        var scalars = op.Scalars.Count + 2;
        return
        [
            .. Enumerable.Range(0, tensors).Select(i => Slot.Input(i, 4L * first, 4L * count)),
            .. Enumerable.Range(tensors, scalars).Select(i => Slot.Input(i)),
            .. Enumerable.Range(0, op.Slots.Count + 1).Select(i => Slot.Output(i, 4L * first, 4L * count)),
        ];
    }

    private IReadOnlyList<(string, string)> Defines(TOp op, bool lanes) =>
        [("SLOTS", op.Slots.Count.ToString(CultureInfo.InvariantCulture)), ("LANES", lanes ? "1" : "0"), .. Forms(op)];
}
