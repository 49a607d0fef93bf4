using Forge.Core;

namespace Forge.Vulkan;

/// <summary>An op of the user's own with its own GLSL: type rule, fp64 reference, VJP and shader in one record.</summary>
/// <remarks>
/// Nothing needs to be registered: <c>new MyOp().On(x)</c> inside a traced function runs it, on any Vulkan device. docs/kernels.md has the macros
/// of the shader, samples/custom-op.cs a whole program. With <see cref="ISampled"/>, <see cref="OpCheck"/> compares device and gradient with the reference.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public abstract record GlslOp : Op
{
    internal static readonly Kernel Kernel = new GlslKernel<GlslOp>((op, inputs, outputs) => op.Glsl(inputs, outputs));

    /// <summary>The shader and what is launched.</summary>
    /// <param name="inputs">Types of the inputs; each is one binding, from 0 on.</param>
    /// <param name="outputs">Types of the outputs; their bindings follow.</param>
    protected abstract GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs);

    /// <summary>One operation for each element written, each tensor moved once, where the op does not say otherwise.</summary>
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs);
}
