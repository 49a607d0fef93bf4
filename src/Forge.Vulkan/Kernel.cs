using Forge.Core;

namespace Forge.Vulkan;

/// <summary>How an op runs: which variants there are, and what each dispatches. Derive from <see cref="Kernel{TOp}"/>.</summary>
public abstract class Kernel
{
    private protected Kernel() { }

    /// <summary>The op it runs; ops derived from it too, unless they have a kernel of their own.</summary>
    public abstract Type OpType { get; }

    /// <summary>The stem of its shaders' names: the class's name without "Kernel".</summary>
    public virtual string Stem
    {
        get
        {
            var name = GetType().Name;
            return name.EndsWith("Kernel", StringComparison.Ordinal) ? name[..^"Kernel".Length] : name;
        }
    }

    /// <summary>The variants that are right for these types on a device of these limits; the first is the untuned default.</summary>
    public abstract IReadOnlyList<Variant> VariantsOf(Op op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits);

    /// <summary>What a variant dispatches.</summary>
    public abstract KernelPlan PlanOf(Op op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs);

    /// <summary>The shader's file for a variant.</summary>
    public string ShaderOf(Variant variant) => variant.Shader ?? variant.Family switch
    {
        Family.Portable => Stem + ".comp",
        Family.Tiled => Stem + ".tiled.comp",
        Family.Lane => Stem + ".lane.comp",
        _ => Stem + ".coopmat.comp",
    };
}

/// <summary>How ops of type <typeparamref name="TOp"/> run. No maths and no Vulkan calls: variants and geometry alone.</summary>
/// <typeparam name="TOp">The op.</typeparam>
public abstract class Kernel<TOp> : Kernel where TOp : Op
{
    /// <inheritdoc/>
    public override Type OpType => typeof(TOp);

    /// <summary>The variants that are right for these types on a device of these limits; the first is the untuned default.</summary>
    /// <remarks>A variant that needs what the limits lack must not be listed: nothing checks again. There is always a portable one.</remarks>
    public abstract IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits);

    /// <summary>What a variant dispatches.</summary>
    public abstract KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Variant> VariantsOf(Op op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        [.. Variants((TOp)op, inputs, outputs, limits)];

    /// <inheritdoc/>
    public sealed override KernelPlan PlanOf(Op op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Plan((TOp)op, variant, inputs, outputs);
}
