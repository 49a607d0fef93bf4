using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="TransposeOp"/> with shaders/Transpose.comp or Transpose.lane.comp: a strided copy.</summary>
internal sealed class TransposeKernel : Kernel<TransposeOp>
{
    public override IEnumerable<Variant> Variants(TransposeOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        Copy(op, inputs, outputs).Variants(limits);

    public override KernelPlan Plan(TransposeOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new([.. Copy(op, inputs, outputs).Dispatches(variant, "Transpose.comp")]);

    private static StridedCopy Copy(TransposeOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var strides = inputs[0].Shape.Strides();
        return new(outputs[0].Shape, [.. op.Permutation.Select(axis => strides[axis])], 0);
    }
}
