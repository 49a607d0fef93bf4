using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="FromBytesOp"/> with shaders/FromBytes.comp: a unit is a word of four bytes.</summary>
internal sealed class FromBytesKernel : Kernel<FromBytesOp>
{
    public override IEnumerable<Variant> Variants(FromBytesOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, [op.To == DType.F32 ? 1u : 0u]);

    public override KernelPlan Plan(FromBytesOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(EachUnit.Grid(variant, (inputs[0].Count + 3L) / 4), [(uint)inputs[0].Count]);
}
