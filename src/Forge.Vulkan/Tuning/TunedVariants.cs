namespace Forge.Vulkan.Tuning;

/// <summary>Chooses among a kernel's variants by what is known of this device: tuned here, else shipped, else the kernel's own default; never what is quarantined.</summary>
internal sealed class TunedVariants
{
    private readonly Device _device;
    private readonly PipelineLibrary _pipelines;
    private readonly bool _uses, _hasFiles;
    private readonly Lazy<TuningCache> _cache;
    private readonly List<QuarantinedVariant> _refused = [];
    private readonly HashSet<(string Kernel, string Variant, string Shaders)> _told = [];

    /// <summary>What is known of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="pipelines">Knows the shaders' sources.</param>
    /// <param name="root">The cache's root folder, or null for none.</param>
    /// <param name="uses">Whether choices are used; null means what FORGE_TUNE says. What is quarantined never runs.</param>
    public TunedVariants(Device device, PipelineLibrary pipelines, string? root, bool? uses = null)
    {
        (_device, _pipelines, _uses) = (device, pipelines, uses ?? Switches.Tuned);
        _cache = new(() => new(root, DriverIdentity.Of(device)));
        // Most programs start where nothing was ever tuned.
        _hasFiles = root is not null && Directory.Exists(Path.Combine(root, "tuning"));
    }

    /// <summary>Told of each quarantined variant that is passed over, once; on stderr where nobody listens.</summary>
    public event Action<AvoidedVariant>? Avoided;

    /// <summary>What is known, on disk.</summary>
    public TuningCache Cache => _cache.Value;

    /// <summary>Everything that <see cref="Choose"/> decides by but what ships, as text: where two processes have the same, they choose alike.</summary>
    public string Choices => !_uses ? "off" : string.Join('\n', Known.Choices.Select(c => $"{c.Op} {c.Inputs} {c.Shaders} {c.Variant} {c.At.Ticks}").Order(StringComparer.Ordinal));

    /// <summary>How the driver last refused a variant, as a sentence with a space behind it; nothing where it refused none.</summary>
    public string LastRefusal => _refused is [.., var last] ? $"The last: {last.Message} " : "";

    private TuningRecord Known => _hasFiles || _cache.IsValueCreated ? Cache.Known : TuningRecord.Empty;

    private IEnumerable<QuarantinedVariant> Quarantined => _refused.Count == 0 ? Known.Quarantined : Known.Quarantined.Concat(_refused);

    /// <summary>Keeps a variant from running in this process: the driver would not build it.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="use">The op and its types.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="message">How the driver refused it.</param>
    // Not on disk: the next process asks again, and a driver that was mended has it.
    public void Refuse(Kernel kernel, OpUse use, Variant variant, string message) =>
        _refused.Add(new(kernel.Stem, variant.Label, Sources(kernel, use, variant), Verdict.Failed, message, use.ToString(), DateTime.UtcNow));

    /// <summary>The variants that may run: those that are not quarantined.</summary>
    public IReadOnlyList<Variant> Allowed(Kernel kernel, OpUse use, IReadOnlyList<Variant> variants) =>
        Known.Quarantined.Count + _refused.Count == 0 ? variants : [.. variants.Where(v => Quarantine(kernel, use, v) is null)];

    /// <summary>Why a variant must not run; null where it may.</summary>
    public QuarantinedVariant? Quarantine(Kernel kernel, OpUse use, Variant variant) =>
        // Its shaders are read only where one of its name is quarantined.
        Quarantined.FirstOrDefault(q => q.Kernel == kernel.Stem && q.Variant == variant.Label && q.Shaders == Sources(kernel, use, variant));

    /// <summary>Names the quarantined variants of a kernel, now that another was chosen.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="use">The op and its types.</param>
    /// <param name="chosen">What runs.</param>
    public void TellAvoided(Kernel kernel, OpUse use, Variant chosen)
    {
        foreach (var q in Quarantined)
        {
            if (q.Kernel != kernel.Stem || _told.Contains((q.Kernel, q.Variant, q.Shaders))
                || kernel.Find(q.Variant, use.Op, use.Inputs, use.Outputs, _device.Limits) is not { } variant || q.Shaders != Sources(kernel, use, variant)) continue;
            _told.Add((q.Kernel, q.Variant, q.Shaders));
            var avoided = new AvoidedVariant(q.Kernel, q.Variant, q.Verdict.ToString().ToLowerInvariant(), q.Message, use.ToString(), chosen.Label);
            if (Avoided is { } told) told(avoided);
            else Console.Error.WriteLine($"forge: warning: {avoided}");
        }
    }

    /// <summary>The variant to run.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="use">The op and its types.</param>
    /// <param name="allowed">The variants that may run, the untuned default first.</param>
    public Variant Choose(Kernel kernel, OpUse use, IReadOnlyList<Variant> allowed)
    {
        // A user's own kernel is not what was tuned.
        if (!_uses || !ReferenceEquals(kernel, use.Kernel))
            return allowed[0];
        var shipped = ShippedTable.Of(_device.Description);
        // A key takes longer to write than all of this to ask.
        var start = OpUse.KeyStartOf(use.Op);
        if (!Known.Choices.Any(c => c.Op.StartsWith(start, StringComparison.Ordinal)) && shipped?.Choices.Any(c => c.Op.StartsWith(start, StringComparison.Ordinal)) != true)
            return allowed[0];
        var (op, inputs, bucket) = (use.OpKey, use.InputsKey, ShapeBucket.Of(use.Inputs));
        foreach (var choice in Known.Choices.Count > 0 ? Cache.Find(op, inputs, bucket) : [])
            if (Offered(choice.Variant) is { } tuned && Sources(kernel, use, tuned, DefaultOf(kernel, use)) == choice.Shaders)
                return tuned;
        return shipped?.Find(op, inputs, bucket) is { } label && Offered(label) is { } usual ? usual : allowed[0];

        Variant? Offered(string label) =>
            kernel.Find(label, use.Op, use.Inputs, use.Outputs, _device.Limits) is { } variant && Quarantine(kernel, use, variant) is null ? variant : null;
    }

    /// <summary>A hash of the shaders of these variants on given types.</summary>
    public string Sources(Kernel kernel, OpUse use, params IReadOnlyList<Variant> variants) => _pipelines.SourceKey(variants.SelectMany(variant =>
    {
        var chosen = new ChosenKernel(kernel, variant, kernel.PlanOf(use.Op, variant, use.Inputs, use.Outputs));
        return chosen.Plan.Dispatches.Select(d => KernelLowering.Request(chosen, d, use.Inputs.Count + use.Outputs.Count));
    }));

    /// <summary>The untuned default, whatever is known of it.</summary>
    public Variant DefaultOf(Kernel kernel, OpUse use) => kernel.VariantsOf(use.Op, use.Inputs, use.Outputs, _device.Limits)[0];
}
