using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>A device on which variants are compared with the reference: as it is, or under a setting.</summary>
internal sealed class CheckDevice : IDisposable
{
    // About half a gigabyte on CPU drivers.
    private const int MostPipelines = 500;

    private readonly VulkanBackend _backend;
    private readonly GuardedRun _run;
    private readonly DeviceLimits _whole;
    private readonly bool _isNarrowed;
    private readonly Lazy<Engine> _engine;

    private CheckDevice(VulkanBackend backend, DeviceLimits whole, bool isNarrowed)
    {
        (_backend, _whole, _isNarrowed) = (backend, whole, isNarrowed);
        _run = new GuardedRun(backend.Device, backend.Transfers, backend.Pipelines);
        _engine = new(() => new Engine(backend));
    }

    /// <summary>Opens a device.</summary>
    /// <param name="open">Opens it with some options.</param>
    /// <param name="setting">One of <see cref="CheckSettings.Devices"/>; null for the device as it is.</param>
    /// <param name="mode">How kernels reach their buffers; null for as the setting says.</param>
    /// <param name="compiler">Compiles GLSL; null means the default one.</param>
    public static CheckDevice Open(Func<DeviceOptions, Device> open, string? setting, BufferMode? mode = null, ShaderCompiler? compiler = null)
    {
        DeviceLimits? whole = null;
        var isNarrowed = setting is not null && setting != CheckSettings.Checked;
        var device = open(new()
        {
            Mode = mode ?? CheckSettings.ModeOf(setting),
            Narrow = limits => isNarrowed ? Narrowings.Apply(setting!, whole = limits) : whole = limits,
        });
        // Thousands of kernels of sizes that nobody trains are not for the caches on disk; their SPIR-V is that of any size.
        var backend = new VulkanBackend(device, tuned: false, pipelines: new PipelineLibrary(device, compiler));
        // Another way to reach buffers is another build of every kernel.
        return new(backend, whole!, isNarrowed && setting != Narrowings.Bindings);
    }

    /// <summary>What kernels may use.</summary>
    public DeviceLimits Limits => _backend.Limits;

    /// <summary>What the device says about itself.</summary>
    public DeviceDescription Description => _backend.DeviceInUse;

    /// <summary>Whether it is time for another: its pipelines, of which hundreds of cases leave thousands, are freed with it alone, and other ops have no use for them.</summary>
    public bool IsFull => _backend.PipelinesBuilt > MostPipelines;

    /// <summary>An engine whose plans run on it.</summary>
    public Engine Engine => _engine.Value;

    /// <summary>The variants of a case, the default first. Under a narrowing, those alone that are not the same on the whole device.</summary>
    /// <param name="prepared">The case; its op has a kernel.</param>
    /// <param name="all">Whether also those that are the same.</param>
    /// <exception cref="DeviceException">None of them is portable.</exception>
    public IReadOnlyList<Variant> Variants(PreparedCase prepared, bool all = false)
    {
        var variants = prepared.Kernel!.VariantsOf(prepared.Op, prepared.InputTypes, prepared.OutputTypes, Limits);
        if (!variants.Any(v => v.Family == Family.Portable))
            throw new DeviceException($"there is no portable variant for {prepared.Shapes} on such a device");
        if (!_isNarrowed || all)
            return variants;
        var there = prepared.Kernel.VariantsOf(prepared.Op, prepared.InputTypes, prepared.OutputTypes, _whole).Select(v => Dispatched(prepared, v, _whole)).ToHashSet();
        return [.. variants.Where(v => !there.Contains(Dispatched(prepared, v, Limits)))];
    }

    /// <summary>Runs a variant between guards, twice, and once more with outputs written over inputs where the op allows it.</summary>
    public CheckAnswer Check(PreparedCase prepared, Variant variant) => Guarded(() =>
    {
        var outputs = _run.Run(prepared.Op, prepared.Kernel!, variant, prepared.Hosts);
        var deviation = prepared.Measure(outputs);
        if (deviation.Problem is not null)
            return CheckAnswer.Of(deviation, prepared);
        // Checked kernels are for finding stray accesses: the same values would come again, more slowly.
        if (Limits.Mode != BufferMode.Checked && Differs(outputs, _run.Run(prepared.Op, prepared.Kernel!, variant, prepared.Hosts)) is { } differs)
            return CheckAnswer.Of(Verdict.Wrong, differs, prepared);
        if (prepared.Overwritten is not null
            && prepared.Measure(_run.Run(prepared.Op, prepared.Kernel!, variant, prepared.Hosts, prepared.Overwritten)) is { Problem: { } problem } over)
            return CheckAnswer.Of(over with { Problem = $"with outputs written over inputs, {problem}" }, prepared);
        return CheckAnswer.Of(deviation, prepared);
    }, prepared);

    /// <summary>Turns what may go wrong on a device into an answer.</summary>
    public static CheckAnswer Guarded(Func<CheckAnswer> run, PreparedCase? prepared = null)
    {
        try
        {
            return run();
        }
        catch (Exception problem) when (problem is GuardException or BoundsException)
        {
            return CheckAnswer.Of(Verdict.Wrong, problem.Message, prepared) with { Strayed = true };
        }
        catch (VulkanException problem) when (problem.Result == "ErrorDeviceLost")
        {
            return CheckAnswer.Of(Verdict.Crashed, problem.Message, prepared);
        }
        catch (ForgeException problem)
        {
            return CheckAnswer.Of(Verdict.Failed, problem.Message, prepared);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        _backend.Dispose();
    }

    // What a variant dispatches, as text: what is the same on the whole device has been run there.
    private static string Dispatched(PreparedCase prepared, Variant variant, DeviceLimits limits)
    {
        var plan = prepared.Kernel!.PlanOf(prepared.Op, variant, prepared.InputTypes, prepared.OutputTypes);
        return string.Join('\n', plan.Dispatches.Select(d =>
        {
            var request = KernelLowering.Request(new(prepared.Kernel, variant, plan), d, prepared.InputTypes.Length + prepared.OutputTypes.Length);
            return $"{request.Key} {d.Grid} {string.Join(' ', d.Push)} {PushLayout.For(limits, request.Buffers, request.PushWords, request.LaneTable, request.Name)}";
        }));
    }

    private static string? Differs(IReadOnlyList<HostTensor> first, IReadOnlyList<HostTensor> second)
    {
        for (var o = 0; o < first.Count; o++)
        {
            var at = first[o].Bytes.CommonPrefixLength(second[o].Bytes);
            if (at < first[o].Bytes.Length)
                return $"two runs gave different bits: byte {at} of output {o} is 0x{first[o].Bytes[at]:x2}, then 0x{second[o].Bytes[at]:x2}";
        }
        return null;
    }
}
