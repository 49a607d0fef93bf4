using System.Runtime.CompilerServices;
using Forge.Core;
using Forge.Vulkan.Kernels;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan;

/// <summary>Chooses how a node runs.</summary>
/// <param name="node">The node.</param>
/// <param name="kernel">Its kernel.</param>
/// <param name="variants">The variants that are right here, the untuned default first; at least one.</param>
/// <returns>One of the variants.</returns>
/// <threadsafety>Called on the thread that plans.</threadsafety>
public delegate Variant VariantChooser(Node node, Kernel kernel, IReadOnlyList<Variant> variants);

/// <summary>How a Vulkan backend is opened.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record VulkanOptions
{
    /// <summary>Which device: see <see cref="DeviceSelection.Choose"/>. Null means FORGE_DEVICE, else the best.</summary>
    public string? Device { get; init; }

    /// <summary>How kernels reach their buffers. Null means FORGE_BUFFERS, else addresses where the device has them.</summary>
    public BufferMode? Mode { get; init; }

    /// <summary>Whether the validation layer watches. Null means FORGE_VALIDATION.</summary>
    public bool? Validation { get; init; }

    /// <summary>Whether to ask the driver what registers kernels take, where it can tell. Building pipelines may take longer.</summary>
    public bool Statistics { get; init; }

    /// <summary>Chooses among variants. Null means what was tuned on this device, else the first, which is the untuned default.</summary>
    public VariantChooser? Chooser { get; init; }

    /// <summary>Kernels of the user's own ops that are no <see cref="GlslOp"/>, or instead of Forge's: see <see cref="GlslKernel{TOp}"/>.</summary>
    public IReadOnlyList<Kernel> Kernels { get; init; } = [];

    /// <summary>Narrows what kernels may use, for tests.</summary>
    public Func<DeviceLimits, DeviceLimits>? Narrow { get; init; }
}

/// <summary>Runs plans on a Vulkan device.</summary>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class VulkanBackend : IBackend
{
    private readonly ConditionalWeakTable<Node, ChosenKernel> _chosen = [];
    private readonly VariantChooser? _chooser;
    private bool _disposed;
    private readonly Dictionary<Type, Kernel> _userKernels;
    private readonly KernelProofs _proofs;

    /// <summary>Opens a device.</summary>
    /// <exception cref="DeviceException">No loader, no driver, no such device, or one that lacks what Forge needs.</exception>
    public VulkanBackend(VulkanOptions? options = null) : this(
        new Device(new() { Device = options?.Device, Mode = options?.Mode, Validation = options?.Validation, Statistics = options?.Statistics ?? false, Narrow = options?.Narrow }), options?.Chooser, options?.Kernels)
    {
    }

    internal VulkanBackend(Device device, VariantChooser? chooser = null, IReadOnlyList<Kernel>? kernels = null, string? cacheRoot = null, bool? tuned = null, PipelineLibrary? pipelines = null)
    {
        (Device, _chooser) = (device, chooser);
        _userKernels = (kernels ?? []).ToDictionary(k => k.OpType);
        _proofs = new(this);
        try
        {
            Transfers = new Transfers(device);
            Pipelines = pipelines ?? new PipelineLibrary(device, cacheRoot: cacheRoot ?? Platform.CacheFolder);
            Tuned = new TunedVariants(device, Pipelines, cacheRoot ?? Platform.CacheFolder, tuned);
            Ledger = new VariantLedger(device, Tuned);
            MatrixProbe.Confirm(device, Pipelines);
            LaneProbe.Confirm(device, Transfers, Pipelines);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Description => Device.Description.ToString();

    /// <summary>The device in use.</summary>
    public DeviceDescription DeviceInUse => Device.Description;

    /// <summary>What kernels may use.</summary>
    public DeviceLimits Limits => Device.Limits;

    /// <inheritdoc/>
    public BackendTraits Traits => new(
        Alignment: (int)Math.Max(256, Device.Limits.StorageOffsetAlignment),
        LargestRegion: Math.Min(Device.Limits.MaxBufferBytes, Device.Limits.MaxAllocationBytes),
        MemoryBytes: Device.Description.MemoryBytes)
    {
        // A processor emulates matrices: f32 products of rounded factors are faster there.
        MatrixOperands = Device.Limits.Quirks.RunsOnProcessor ? [] : [.. Device.Limits.Matrices.Select(m => m.Factor).Distinct()],
        PrefersSteps = (op, inputs) => RecurrentPace.PrefersSteps(op, inputs, Device.Limits),
    };

    /// <summary>Told once of each quarantined variant that a plan goes without. Where nobody listens it is a warning on stderr.</summary>
    public event Action<AvoidedVariant>? Avoided
    {
        add => Tuned.Avoided += value;
        remove => Tuned.Avoided -= value;
    }

    /// <summary>Pipelines built so far.</summary>
    public int PipelinesBuilt => Pipelines.Count;

    internal Device Device { get; }

    internal Transfers Transfers { get; } = null!;

    internal PipelineLibrary Pipelines { get; } = null!;

    /// <summary>What is known of variants on this device.</summary>
    internal TunedVariants Tuned { get; } = null!;

    /// <summary>Whether the arena is filled with NaN before each run, and each part of it as soon as it is free: a kernel that reads what it must not then shows. For tests.</summary>
    internal bool SpoilsFreed { get; init; }

    /// <summary>What ops run, and shall run.</summary>
    internal VariantLedger Ledger { get; } = null!;

    /// <inheritdoc/>
    public IReadOnlyList<string> VariantTable => Ledger.Table;

    /// <inheritdoc/>
    public IReadOnlyList<string> VariantDepartures => Ledger.Departures;

    /// <inheritdoc/>
    public bool UseVariants(IReadOnlyList<string> table) => Ledger.Use(table);

    /// <summary>The variants that are right for a node here, the untuned default first.</summary>
    /// <exception cref="DeviceException">The op has no kernel.</exception>
    public IReadOnlyList<Variant> VariantsFor(Node node) => Variants(node).Variants;

    /// <inheritdoc/>
    public IReadOnlyList<long> ScratchBytes(Node node) => Choose(node).Plan.ScratchBytes;

    /// <inheritdoc/>
    public StateBlock AllocateState(string name, long bytes) => new VulkanStateBlock(this, name, bytes);

    /// <inheritdoc/>
    public IExecutable Build(Plan plan) => new Executable(this, plan);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Pipelines?.Dispose();
        Transfers?.Dispose();
        Device.Dispose();
    }

    /// <summary>Whether the driver will not have a node's shaders: its variant is then kept out of later plans.</summary>
    internal bool Refuses(Node node, ChosenKernel chosen, IReadOnlyList<PipelineRequest> requests)
    {
        var use = new OpUse(node.Op, node.InputTypes);
        try
        {
            foreach (var request in requests)
                Pipelines.Get(request);
            return false;
        }
        catch (VulkanException problem) when (problem.IsRefusal)
        {
            if (Tuned.Quarantine(chosen.Kernel, use, chosen.Variant) is null)
                Tuned.Refuse(chosen.Kernel, use, chosen.Variant, problem.Message);
            return true;
        }
    }

    /// <summary>The kernel of an op: the user's, else Forge's; null where there is none.</summary>
    internal Kernel? KernelOf(Op op) => KernelTable.Find(op, _userKernels);

    // Asked for scratch while a node is planned and again when it is recorded: the answer must not change in between.
    internal ChosenKernel Choose(Node node) => _chosen.GetValue(node, n =>
    {
        var (kernel, variants) = Variants(n);
        var use = new OpUse(n.Op, n.InputTypes);
        var variant = _chooser is not null ? _chooser(n, kernel, variants) : Ledger.Wanted(kernel, use) ?? Tuned.Choose(kernel, use, variants);
        Tuned.TellAvoided(kernel, use, variant);
        Ledger.Note(kernel, use, variant);
        Switches.Log(2, $"{n.Label}: {kernel.Stem} {variant.Label}");
        return _proofs.Settle(n, new(kernel, variant, kernel.PlanOf(n.Op, variant, n.InputTypes, n.OutputTypes)));
    });

    private (Kernel Kernel, IReadOnlyList<Variant> Variants) Variants(Node node)
    {
        var kernel = KernelOf(node.Op) ?? throw new DeviceException($"{node.Label}: the op {node.Op.Name} has no Vulkan kernel. Derive it from GlslOp, give a GlslKernel in VulkanOptions.Kernels, or run it on the reference backend.");
        var variants = kernel.VariantsOf(node.Op, node.InputTypes, node.OutputTypes, Device.Limits);
        if (variants.Count == 0)
            throw new DeviceException($"{node.Label}: {kernel.Stem} has no variant for {string.Join(", ", node.InputTypes)} on {Device.Description.Name}.");
        var allowed = Tuned.Allowed(kernel, new OpUse(node.Op, node.InputTypes), variants);
        return allowed.Count > 0 ? (kernel, allowed)
            : throw new DeviceException($"{node.Label}: every variant of {kernel.Stem} is quarantined on {Device.Description.Name}: each answered wrongly, crashed, hung or was refused there. "
                + $"{Tuned.LastRefusal}'forge tune --forget' drops what is known of the device.");
    }
}

/// <summary>How a node runs.</summary>
/// <param name="Kernel">Its kernel.</param>
/// <param name="Variant">The variant chosen.</param>
/// <param name="Plan">What that dispatches.</param>
internal sealed record ChosenKernel(Kernel Kernel, Variant Variant, KernelPlan Plan);
