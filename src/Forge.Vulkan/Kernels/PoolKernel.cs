using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>What the pooling kernels share: one invocation per output element, and the push block of shaders/include/pool.glsl.</summary>
/// <typeparam name="TOp">The pooling op.</typeparam>
internal abstract class PoolKernel<TOp> : Kernel<TOp> where TOp : Op
{
    // Memory-bound: the workgroup size is all there is to search.
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        KernelOrder.Portable(limits, 64, 256);

    /// <summary>The dispatch of one invocation per element of the output.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="pool">Window, stride, padding.</param>
    /// <param name="x">The images.</param>
    /// <param name="y">The pooled images.</param>
    /// <param name="output">The op's output: one of the two.</param>
    /// <param name="constants">Specialization constants after the local size.</param>
    private protected static Dispatch Over(Variant variant, Pool2DGeometry pool, Shape x, Shape y, Shape output, params ReadOnlySpan<uint> constants) =>
        new(Grid.Linear(output.Count, variant.Lanes),
            [
                (uint)output.Count, (uint)x[1], (uint)x[2], (uint)x[3], (uint)y[1], (uint)y[2], (uint)pool.Window.H, (uint)pool.Window.W,
                (uint)pool.Stride.H, (uint)pool.Stride.W, (uint)pool.Padding.Top, (uint)pool.Padding.Left,
                .. Divisor.Words(x[3], y[1], y[2], x[1], x[2], pool.Stride.H, pool.Stride.W),
            ],
            Constants: [variant.Lanes, .. constants]);
}
