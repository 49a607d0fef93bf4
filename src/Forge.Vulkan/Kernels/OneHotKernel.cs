using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="OneHotOp"/> with shaders/OneHot.comp.</summary>
internal sealed class OneHotKernel : Kernel<OneHotOp>
{
    public override IEnumerable<Variant> Variants(OneHotOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants(outputs[0].Count, limits, isWide: false);

    public override KernelPlan Plan(OneHotOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(EachUnit.Grid(variant, outputs[0].Count), [(uint)outputs[0].Count, (uint)op.Classes, .. Divisor.Words(op.Classes)]);
}
