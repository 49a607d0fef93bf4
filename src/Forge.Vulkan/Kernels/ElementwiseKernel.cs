using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs a chain of elementwise ops with the template shaders/Elementwise.comp: the chain's GLSL is made by <see cref="ChainSource"/>.</summary>
internal sealed class ElementwiseKernel : Kernel<FusedElementwiseOp>
{
    // Memory-bound: how many elements an invocation takes decides. A processor pays for every invocation, a GPU hides latency with many.
    public override IEnumerable<Variant> Variants(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var count = outputs[0].Count;
        var preferred = limits.Quirks.RunsOnProcessor ? (uint[])[32, 8, 1] : [1, 4, 8];
        foreach (var width in (uint[])[limits.Quirks.RunsOnProcessor ? 2u : 4u, 1])
        {
            if (count % (int)width != 0) continue;
            foreach (var lanes in (uint[])[64, 256])
                foreach (var each in preferred)
                    // Two workgroups at least, or one core of two stands idle.
                    if (lanes <= limits.MaxWorkgroupInvocations && (each == 1 || (long)lanes * each * width * 2 <= count))
                        yield return new(Family.Portable, $"lanes{lanes}x{width}each{each}", lanes, [lanes, each], Defines: [("WIDTH", $"{width}")]);
        }
    }

    public override KernelPlan Plan(FusedElementwiseOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var (count, width, each) = ((uint)outputs[0].Count, uint.Parse(variant.Defines![0].Value), variant.Constants![1]);
        var chain = new ChainSource(op, inputs, width);
        return new Dispatch(Grid.Linear((count / width + each - 1) / each, variant.Lanes), [count, .. chain.Words],
            Includes: [("chain-buffers.glsl", chain.Buffers), ("chain.glsl", chain.Body)]);
    }
}
