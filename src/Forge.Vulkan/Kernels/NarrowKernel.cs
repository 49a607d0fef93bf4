using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="NarrowOp"/> with shaders/Narrow.comp: a unit is two words of two halves each, which one invocation owns.</summary>
internal sealed class NarrowKernel : Kernel<NarrowOp>
{
    public override IEnumerable<Variant> Variants(NarrowOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, [OperandConstant.Of(op.To)]);

    public override KernelPlan Plan(NarrowOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(EachUnit.Grid(variant, (inputs[0].Count + 3L) / 4), [(uint)inputs[0].Count]);
}
