using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ArgMaxOp"/> with shaders/ArgMax.comp: an invocation for each output walks the axis.</summary>
internal sealed class ArgMaxKernel : Kernel<ArgMaxOp>
{
    public override IEnumerable<Variant> Variants(ArgMaxOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants(outputs[0].Count, limits, isWide: false);

    public override KernelPlan Plan(ArgMaxOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (x, step) = (inputs[0].Shape, inputs[0].Shape.Strides()[op.Axis]);
        return new Dispatch(EachUnit.Grid(variant, outputs[0].Count), [(uint)outputs[0].Count, (uint)x[op.Axis], (uint)step, .. Divisor.Words(step)]);
    }
}
