using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ScatterAddOp"/> with shaders/ScatterAdd.comp: an invocation owns a column of some rows of the table; on processors with ScatterAdd.rows.comp: a workgroup owns rows.</summary>
internal sealed class ScatterAddKernel : Kernel<ScatterAddOp>
{
    // More invocations share the columns better and read the indexes more often.
    public override IEnumerable<Variant> Variants(ScatterAddOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (limits.Quirks.RunsOnProcessor ? Rows(op, outputs[0]) : []).Concat(
        from invocations in limits.Quirks.RunsOnProcessor ? (uint[])[256, 4096] : [16384, 2048]
        select new Variant(Family.Portable, $"owners{invocations}", 64, [64, invocations]));

    // Each span reads every index: as few as keep two cores busy.
    private static IEnumerable<Variant> Rows(ScatterAddOp op, TensorType y)
    {
        if (y.Count == 0) yield break;
        var width = y.Count / op.Rows % 4 == 0 ? "4" : "1";
        yield return new(Family.Portable, "rows", 8, [8, 2], "ScatterAdd.rows.comp", [("WIDTH", width)], Tunables: [new("spans", [2, 4, 8, 32], Constant: 1)]);
    }

    protected override long LoopRounds(ScatterAddOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => inputs[0].Count + (long)op.Rows;

    public override KernelPlan Plan(ScatterAddOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var columns = op.Rows == 0 ? 0 : outputs[0].Count / op.Rows;
        if (variant.Defines is [("WIDTH", var width), ..])
        {
            var units = columns / int.Parse(width, CultureInfo.InvariantCulture);
            var rows = (int)((op.Rows + variant.Constants![1] - 1) / variant.Constants[1]);
            var spans = (op.Rows + rows - 1) / rows;
            // Where rows are few, spans of columns, of 8 lanes each.
            var panel = Math.Max(8, (int)((units * spans + variant.Constants[1] - 1) / variant.Constants[1]));
            return new Dispatch(new Grid((uint)((units + panel - 1) / panel), (uint)spans), [(uint)inputs[0].Count, (uint)op.Rows, (uint)units, (uint)rows, (uint)panel],
                Constants: [variant.Lanes])
            { Fill = (Slot.Output(0), 0) };
        }
        var parts = (int)Math.Clamp(variant.Constants![1] / Math.Max(1, columns), 1, Math.Max(1, op.Rows));
        var span = (op.Rows + parts - 1) / parts;
        var count = span == 0 ? 0 : (op.Rows + span - 1) / span * columns;
        return new Dispatch(Grid.Linear(count, 64), [(uint)count, (uint)inputs[0].Count, (uint)op.Rows, (uint)columns, (uint)span, .. Divisor.Words(columns)], Constants: [64]);
    }
}
