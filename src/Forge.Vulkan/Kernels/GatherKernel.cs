using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="GatherOp"/> with shaders/Gather.comp, four words at a time where rows allow it.</summary>
internal sealed class GatherKernel : Kernel<GatherOp>
{
    private const uint NaN = 0x7fc00000;

    public override IEnumerable<Variant> Variants(GatherOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var width = Row(inputs[0]) % 4 == 0 ? 4 : 1;
        return EachUnit.Variants(outputs[0].Count / width, limits, defines: [("WIDTH", $"{width}")], isWide: width == 4);
    }

    public override KernelPlan Plan(GatherOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var row = Row(inputs[0]);
        var width = row % 4 == 0 ? 4 : 1;
        return new Dispatch(EachUnit.Grid(variant, outputs[0].Count / width),
            [(uint)(outputs[0].Count / width), (uint)inputs[0].Shape[0], (uint)(row / width), outputs[0].DType == DType.F32 ? NaN : 0u, .. Divisor.Words(row / width)]);
    }

    private static int Row(TensorType table) => new Shape(table.Shape.Extents[1..]).Count;
}
