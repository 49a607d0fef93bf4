using Forge.Core;

namespace Forge.Vulkan;

/// <summary>How an op runs: which variants there are, and what each dispatches. Derive from <see cref="Kernel{TOp}"/>.</summary>
/// <threadsafety>Immutable: one serves every backend.</threadsafety>
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

    /// <summary>A variant with its tunables set.</summary>
    /// <param name="op">The op.</param>
    /// <param name="variant">One of <see cref="VariantsOf"/>.</param>
    /// <param name="settings">Values of its tunables; what is not named keeps its default.</param>
    /// <param name="inputs">Types of the inputs.</param>
    /// <param name="outputs">Types of the outputs.</param>
    /// <param name="limits">The device's limits.</param>
    /// <returns>The variant; null where it has no such tunable or the values do not fit.</returns>
    public abstract Variant? TunedOf(Op op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits);

    /// <summary>The variant of a label: <c>lane/packed,rows=5</c>.</summary>
    /// <returns>The variant; null where these types have none of that label on such a device.</returns>
    public Variant? Find(string label, Op op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var parts = label.Split(',');
        var variant = VariantsOf(op, inputs, outputs, limits).FirstOrDefault(v => v.Label == parts[0]);
        if (variant is null || parts.Length == 1)
            return variant;
        var settings = new List<Setting>();
        foreach (var part in parts.Skip(1))
        {
            if (part.Split('=') is not [var name, var text] || !uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value))
                return null;
            settings.Add(new(name, value));
        }
        return TunedOf(op, variant, settings, inputs, outputs, limits);
    }

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
/// <threadsafety>Immutable: one serves every backend.</threadsafety>
public abstract class Kernel<TOp> : Kernel where TOp : Op
{
    /// <inheritdoc/>
    public override Type OpType => typeof(TOp);

    /// <summary>The variants that are right for these types on a device of these limits; the first is the untuned default.</summary>
    /// <remarks>A variant that needs what the limits lack must not be listed: nothing checks again but for <see cref="LoopRounds"/>. There is always a portable one.</remarks>
    public abstract IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits);

    /// <summary>A variant with its tunables set; the settings are values that the variant lists, of tunables that are not at their defaults.</summary>
    /// <remarks>Here tunables that are specialization constants are set. A kernel whose tunables change more overrides this.</remarks>
    /// <returns>The variant, its Settings these; null where they do not fit.</returns>
    public virtual Variant? Tuned(TOp op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var (lanes, constants) = (variant.Lanes, variant.Constants?.ToArray());
        foreach (var (name, value) in settings)
        {
            if (variant.Tunables!.First(t => t.Name == name).Constant is not (>= 0 and var constant))
                return null;
            if (constants is not null)
                constants[constant] = value;
            if (constant == 0)
                lanes = value;
        }
        return variant with { Lanes = lanes, Constants = constants, Settings = settings };
    }

    /// <summary>What a variant dispatches.</summary>
    public abstract KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs);

    /// <summary>How often an invocation of a variant goes round its loops at most, all of them together and each once more to find its end; 0 means seldom for any shapes.</summary>
    /// <remarks>Some drivers end loops early (<see cref="Quirks.MostLoopRounds"/>): what would take more rounds is not offered there.</remarks>
    protected virtual long LoopRounds(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => 0;

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Variant> VariantsOf(Op op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        [.. Variants((TOp)op, inputs, outputs, limits).Where(v => EndsItsLoops((TOp)op, v, inputs, outputs, limits))];

    private bool EndsItsLoops(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        limits.Quirks.MostLoopRounds is not { } most || LoopRounds(op, variant, inputs, outputs) <= most;

    /// <inheritdoc/>
    public sealed override Variant? TunedOf(Op op, Variant variant, IReadOnlyList<Setting> settings, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits)
    {
        var changed = new List<Setting>();
        foreach (var setting in settings)
        {
            if (variant.Tunables?.FirstOrDefault(t => t.Name == setting.Name) is not { } tunable || !tunable.Values.Contains(setting.Value) || changed.Any(c => c.Name == setting.Name))
                return null;
            if (setting.Value != tunable.Values[0])
                changed.Add(setting);
        }
        // In one order, so that equal settings are one label.
        changed.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return changed.Count == 0 ? variant
            : Tuned((TOp)op, variant, changed, inputs, outputs, limits) is { } tuned && EndsItsLoops((TOp)op, tuned, inputs, outputs, limits) ? tuned : null;
    }

    /// <inheritdoc/>
    public sealed override KernelPlan PlanOf(Op op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Plan((TOp)op, variant, inputs, outputs);
}
