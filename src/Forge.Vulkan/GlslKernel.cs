using Forge.Core;

namespace Forge.Vulkan;

/// <summary>A kernel of GLSL for an op of the user's own that is no <see cref="GlslOp"/>, or instead of Forge's: give it in <see cref="VulkanOptions.Kernels"/>.</summary>
/// <typeparam name="TOp">The op.</typeparam>
/// <threadsafety>Immutable: one serves every backend.</threadsafety>
public sealed class GlslKernel<TOp> : Kernel<TOp> where TOp : Op
{
    private readonly Func<TOp, IReadOnlyList<TensorType>, IReadOnlyList<TensorType>, GlslDispatch> _dispatch;

    /// <summary>A kernel that runs what <paramref name="dispatch"/> says of an op, its inputs' and its outputs' types.</summary>
    public GlslKernel(Func<TOp, IReadOnlyList<TensorType>, IReadOnlyList<TensorType>, GlslDispatch> dispatch) => _dispatch = dispatch;

    /// <summary>A kernel of one shader, with an invocation for each element of the first output and their number in PUSH.</summary>
    public GlslKernel(GlslSource glsl) : this((_, _, _) => new GlslDispatch(glsl)) { }

    /// <inheritdoc/>
    public override string Stem => typeof(TOp).Name;

    /// <inheritdoc/>
    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var dispatch = _dispatch(op, inputs, outputs);
        if (dispatch.Lanes > limits.MaxWorkgroupInvocations && dispatch.Grid is not null)
            return [];
        var lanes = Math.Min(dispatch.Lanes, limits.MaxWorkgroupInvocations);
        return [new(Family.Portable, "user", lanes, [lanes, .. dispatch.Constants])];
    }

    /// <inheritdoc/>
    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var dispatch = _dispatch(op, inputs, outputs);
        var (name, text, includes) = dispatch.Source.Read(dispatch.Program.Length > 0 ? $"{op.Name} (GLSL in {dispatch.Program})" : $"{op.Name} (GLSL)");
        var count = dispatch.Invocations ?? outputs[0].Count;
        return new Dispatch(dispatch.Grid ?? Grid.Linear(count, variant.Lanes), dispatch.Push ?? [checked((uint)count)], Shader: name, Includes: includes, Source: text)
        {
            Checks = dispatch.Unchecked ? AccessChecks.First : AccessChecks.Always,
        };
    }
}
