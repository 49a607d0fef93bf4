using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="AffineWarpOp"/> with shaders/AffineWarp.comp: one invocation per pixel.</summary>
internal sealed class AffineWarpKernel : Kernel<AffineWarpOp>
{
    // Scattered reads of few bytes: the workgroup size is all there is to search.
    public override IEnumerable<Variant> Variants(AffineWarpOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        KernelOrder.Portable(limits, 64, 256);

    public override KernelPlan Plan(AffineWarpOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (n, h, w, c) = outputs[0].Shape.Nhwc;
        return new Dispatch(Grid.Linear(n * h * w, variant.Lanes),
            [
                (uint)(n * h * w), (uint)h, (uint)w, (uint)c, BitConverter.SingleToUInt32Bits(op.FillValue), BitConverter.SingleToUInt32Bits(op.Scale),
                .. Divisor.Words(h, w),
            ],
            Constants: [variant.Lanes, (uint)op.Fill, (uint)op.Order]);
    }
}
