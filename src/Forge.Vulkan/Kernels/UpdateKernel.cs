using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs an optimizer's step with a shader that includes update.glsl.</summary>
/// <typeparam name="TOp">The op.</typeparam>
internal abstract class UpdateKernel<TOp> : Kernel<TOp> where TOp : UpdateOp
{
    private const uint Run = 16;            // elements of a lane run
    private const uint MostGroups = 1 << 15;

    /// <summary>The words of SETTINGS in the op's shader.</summary>
    protected abstract IReadOnlyList<uint> Settings(TOp op);

    /// <summary>Macros of the op's shader besides SLOTS and LANES.</summary>
    protected virtual IReadOnlyList<(string Name, string Value)> Forms(TOp op) => [];

    /// <summary>1 for Keras, 0 for PyTorch: the word of isKeras.</summary>
    protected static uint IsKeras(UpdateForm form) => form == UpdateForm.Keras ? 1u : 0u;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        // Packs are whole runs.
        if (limits.HasLaneWords && inputs[0].Count % Run == 0)
            foreach (var (subgroups, units) in ((uint, uint)[])[(16, 4), (8, 8), (4, 2)])
                // Two workgroups at least, or one core of two stands idle.
                if (limits.AllowsLanes(8 * subgroups) && Groups(inputs[0].Count, subgroups, units) is >= 2 and <= MostGroups)
                    yield return new(Family.Lane, $"runs{subgroups}x{units}", 8 * subgroups, [8 * subgroups, subgroups, units],
                        Shader: Stem + ".comp", Defines: Defines(op, lanes: true), LaneTable: 32,
                        Tunables: [new("units", [units, .. new uint[] { 16, 8, 4, 2, 1 }.Where(u => u != units && Groups(inputs[0].Count, subgroups, u) is >= 2 and <= MostGroups)], Constant: 2)]);
        foreach (var variant in EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, defines: Defines(op, lanes: false)))
            yield return variant;
    }

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var count = inputs[0].Count;
        if (variant.Family != Family.Lane)
            return new Dispatch(EachUnit.Grid(variant, (count + 3L) / 4), [(uint)count, .. Settings(op)]);

        var (subgroups, units) = (variant.Constants![1], variant.Constants[2]);
        var operands = Enumerable.Range(0, inputs.Count).Select(i => Slot.Input(i)).Concat(Enumerable.Range(0, outputs.Count).Select(i => Slot.Output(i)));
        return new([new Dispatch(new Grid(Groups(count, subgroups, units)), [(uint)count, .. Settings(op)], [.. operands, Slot.Scratch(0)])],
            [4L * subgroups * units * Run]);
    }

    private static uint Groups(int count, uint subgroups, uint units) => ((uint)count + (subgroups * units * Run) - 1) / (subgroups * units * Run);

    private IReadOnlyList<(string, string)> Defines(TOp op, bool lanes) =>
        [("SLOTS", op.Slots.Count.ToString(CultureInfo.InvariantCulture)), ("LANES", lanes ? "1" : "0"), .. Forms(op)];
}
