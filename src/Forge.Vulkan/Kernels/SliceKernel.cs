using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="SliceOp"/> with shaders/Slice.comp or Slice.lane.comp: a strided copy.</summary>
internal sealed class SliceKernel : Kernel<SliceOp>
{
    public override IEnumerable<Variant> Variants(SliceOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        Copy(op, inputs).Variants(limits);

    public override KernelPlan Plan(SliceOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new([.. Copy(op, inputs).Dispatches(variant, "Slice.comp")]);

    private static StridedCopy Copy(SliceOp op, IReadOnlyList<TensorType> inputs) => StridedCopy.Box(inputs[0].Shape, op.Counts, op.Starts, op.Steps);
}
