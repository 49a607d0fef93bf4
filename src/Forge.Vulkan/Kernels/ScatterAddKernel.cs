using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ScatterAddOp"/> with shaders/ScatterAdd.comp: an invocation owns a column of some rows of the table.</summary>
internal sealed class ScatterAddKernel : Kernel<ScatterAddOp>
{
    // More invocations share the columns better and read the indexes more often.
    public override IEnumerable<Variant> Variants(ScatterAddOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        from invocations in limits.Quirks.RunsOnProcessor ? (uint[])[256, 4096] : [16384, 2048]
        select new Variant(Family.Portable, $"owners{invocations}", 64, [64, invocations]);

    public override KernelPlan Plan(ScatterAddOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var columns = op.Rows == 0 ? 0 : outputs[0].Count / op.Rows;
        var parts = (int)Math.Clamp(variant.Constants![1] / Math.Max(1, columns), 1, Math.Max(1, op.Rows));
        var span = (op.Rows + parts - 1) / parts;
        var count = span == 0 ? 0 : (op.Rows + span - 1) / span * columns;
        return new Dispatch(Grid.Linear(count, 64), [(uint)count, (uint)inputs[0].Count, (uint)op.Rows, (uint)columns, (uint)span, .. Divisor.Words(columns)], Constants: [64]);
    }
}
