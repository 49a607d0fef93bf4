using Forge.Core;

namespace Forge.Vulkan;

/// <summary>A kernel for an op of the user's own: GLSL text and what it dispatches.</summary>
/// <remarks>
/// The text reaches its buffers through the macros of shaders/include/buffers.glsl, and may include any file of that folder:
/// <code>
/// #version 450
/// #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
/// #define PUSH uint count;
/// #include "buffers.glsl"
/// layout(local_size_x_id = 0) in;
/// void main() { uint i = LINEAR_INDEX; if (i &lt; count) STORE(Y, i, LOAD(X, i) * LOAD(X, i)); }
/// </code>
/// </remarks>
/// <typeparam name="TOp">The op.</typeparam>
/// <param name="glsl">The shader.</param>
/// <param name="invocations">Invocations needed, from the output types: the grid is one-dimensional.</param>
/// <param name="push">The words of PUSH; the number of invocations when left out.</param>
/// <param name="lanes">Invocations in a workgroup.</param>
public sealed class GlslKernel<TOp>(
    string glsl, Func<TOp, IReadOnlyList<TensorType>, long>? invocations = null, Func<TOp, IReadOnlyList<TensorType>, IReadOnlyList<TensorType>, IReadOnlyList<uint>>? push = null,
    uint lanes = 64) : Kernel<TOp> where TOp : Op
{
    /// <inheritdoc/>
    public override string Stem => typeof(TOp).Name;

    /// <inheritdoc/>
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        [new(Family.Portable, "user", Math.Min(lanes, limits.MaxWorkgroupInvocations))];

    /// <inheritdoc/>
    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var count = invocations?.Invoke(op, outputs) ?? outputs[0].Count;
        return new Dispatch(Grid.Linear(count, variant.Lanes), push?.Invoke(op, inputs, outputs) ?? [checked((uint)count)], Shader: Stem + ".comp", Source: glsl);
    }
}
