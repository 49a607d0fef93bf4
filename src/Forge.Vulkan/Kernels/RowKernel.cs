using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs an op on rows along the last axis of its first input with a shader that includes rows.glsl.</summary>
/// <typeparam name="TOp">The op.</typeparam>
internal abstract class RowKernel<TOp> : Kernel<TOp> where TOp : Op
{
    private const int Short = 32;       // elements of a row that are not worth a workgroup

    // walk: an invocation for each row; tree: a workgroup, where a GPU's lanes read whole lines. Shared memory is slow on a processor.
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var walk = new Variant(Family.Portable, "walk", 64, Defines: [("TREE", "0")]);
        if (inputs[0].Shape[-1] <= Short) return [walk];
        uint[] lanes = [.. new uint[] { 64, 256, 512 }.Where(limits.AllowsLanes)];
        var tree = new Variant(Family.Portable, "tree", 128, Defines: [("TREE", "1")], Tunables: [new("lanes", [128, .. lanes], Constant: 0)]);
        return !limits.AllowsLanes(tree.Lanes) ? [walk] : limits.Quirks.RunsOnProcessor ? [walk, tree] : [tree, walk];
    }

    // A maximum, a sum and the results; the lanes of a tree meet twice besides.
    protected override long LoopRounds(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        variant.Family == Family.Portable ? 3L * (inputs[0].Shape[-1] / (variant.Name == "tree" ? (int)variant.Lanes : 1) + 16) : 0;

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var columns = inputs[0].Shape[-1];
        var rows = inputs[0].Count / columns;
        return new Dispatch(variant.Name == "tree" ? Grid.Linear(rows, 1) : Grid.Linear(rows, variant.Lanes), [(uint)rows, (uint)columns]);
    }
}
