using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="ToBytesOp"/> with shaders/ToBytes.comp: a unit is a word of four bytes, which one invocation owns.</summary>
internal sealed class ToBytesKernel : Kernel<ToBytesOp>
{
    public override IEnumerable<Variant> Variants(ToBytesOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        EachUnit.Variants((inputs[0].Count + 3L) / 4, limits, [inputs[0].DType switch { DType.F32 => 0u, DType.I32 => 1u, _ => 2u }]);

    public override KernelPlan Plan(ToBytesOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new Dispatch(EachUnit.Grid(variant, (inputs[0].Count + 3L) / 4), [(uint)inputs[0].Count]);
}
