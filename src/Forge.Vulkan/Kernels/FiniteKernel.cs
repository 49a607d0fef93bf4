using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>Runs <see cref="FiniteOp"/>: shaders/Finite.comp takes the largest magnitude's bits of each invocation's share of up to four inputs,
/// shaders/Finite.sum.comp says whether all of them are finite.</summary>
internal sealed class FiniteKernel : Kernel<FiniteOp>
{
    private const int InputsAtOnce = 4;

    public override IEnumerable<Variant> Variants(FiniteOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        // Words that the second dispatch must read against shares that keep every core or lane busy.
        foreach (var (invocations, chunked) in limits.Quirks.RunsOnProcessor ? ((uint, uint)[])[(1024, 1), (4096, 0)] : [(16384, 0), (4096, 1)])
            yield return new(Family.Portable, $"{(chunked == 1 ? "chunks" : "shares")}{invocations}", 64, [64, chunked, invocations]);
    }

    public override KernelPlan Plan(FiniteOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        // No more shares than the largest input has wide words, so that a small one is one workgroup.
        var largest = Math.Max(1, inputs.Max(i => (i.Count + 3L) / 4));
        var shares = (uint)Math.Min(variant.Constants![2], (largest + 63) / 64 * 64);
        var groups = inputs.Select((type, i) => (type, i)).Chunk(InputsAtOnce).ToArray();
        var bytes = 4L * shares;    // a multiple of 256, as slots must be
        var dispatches = groups.Select((group, g) => new Dispatch(
            new Grid(shares / 64), [shares, .. group.Select(x => (uint)x.type.Count), .. new uint[InputsAtOnce - group.Length]],
            [.. group.Select(x => Slot.Input(x.i)), Slot.Scratch(0, g * bytes, bytes)],
            Constants: [64, variant.Constants[1]], Defines: [("INPUTS", $"{group.Length}")]));
        var words = shares * (uint)groups.Length;
        var last = new Dispatch(new Grid(1), [words], [Slot.Scratch(0, written: false), Slot.Output(0)], Shader: "Finite.sum.comp", Constants: [64], Defines: []);
        return new([.. dispatches, last], [4L * words]);
    }
}
