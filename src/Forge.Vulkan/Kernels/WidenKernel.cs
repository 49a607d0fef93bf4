using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="WidenOp"/> with shaders/Widen.comp: a unit is two words of two halves each.</summary>
internal sealed class WidenKernel : Kernel<WidenOp>
{
    public override IEnumerable<Variant> Variants(WidenOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, [OperandConstant.Of(inputs[0].DType)]);

    public override KernelPlan Plan(WidenOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(EachUnit.Grid(variant, (inputs[0].Count + 3L) / 4), [(uint)inputs[0].Count]);
}
