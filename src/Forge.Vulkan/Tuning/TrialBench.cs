using System.Diagnostics;
using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Checking;

namespace Forge.Vulkan.Tuning;

/// <summary>Checks and times variants in this process; unproven ones must be in a process of their own, see <see cref="TrialServer"/>.</summary>
/// <remarks>
/// A variant is checked three times. In checked mode, where its shader has that build, on a use small enough for the fp64 reference: what leaves its
/// buffers is named. Between guards in the device's own mode, on the same use, as the conformance tests do. And at full size, against what the
/// trusted portable variant gives there.
/// </remarks>
internal sealed class TrialBench : IDisposable
{
    // What timers of earlier variants may keep, in bytes: past it the oldest go.
    private const long MostKept = 512L << 20;

    // Rounding at full size differs by the order of sums: in units of 2^-24 of the largest element. A wrong index is off by 1 and more.
    private const double MostUlps = 1024;

    // A run that needs no second one, in ms.
    private const double Long = 300;

    private readonly Dictionary<BufferMode, (VulkanBackend Backend, GuardedRun Run)> _open = [];
    private readonly Func<BufferMode?, VulkanBackend> _openBackend;
    private readonly VulkanBackend _device;
    private readonly List<(string Key, OpTimer Timer)> _timers = [];
    private Prepared? _prepared;

    /// <summary>A bench on a device.</summary>
    /// <param name="open">Opens it in a mode; null means its own.</param>
    public TrialBench(Func<BufferMode?, VulkanBackend> open)
    {
        _openBackend = open;
        _device = open(null);
        _open[_device.Limits.Mode] = (_device, new GuardedRun(_device.Device, _device.Transfers, _device.Pipelines));
    }

    /// <summary>The device, open in its own mode.</summary>
    public VulkanBackend Backend => _device;

    /// <summary>What the device says about itself.</summary>
    public DeviceDescription Device => _device.DeviceInUse;

    /// <summary>What kernels may use on it.</summary>
    public DeviceLimits Limits => _device.Limits;

    /// <summary>Says whether a variant is right, and how long one run takes.</summary>
    /// <param name="use">The op and its types.</param>
    /// <param name="label">The variant's label.</param>
    /// <param name="trusted">A portable variant already found right; null for none.</param>
    public TrialAnswer Check(OpUse use, string label, string? trusted)
    {
        if (use.Find(label, _device.Limits) is not { } variant)
            return TrialAnswer.Of(Verdict.Failed, $"{use} has no variant {label} on {Device.Name}");
        var prepared = Prepare(use);
        try
        {
            if (prepared.Small is { } small)
            {
                if (_device.Limits.Mode != BufferMode.Checked && CheckSmall(small, prepared, label, variant, BufferMode.Checked) is { } outside)
                    return TrialAnswer.Of(Verdict.Wrong, $"in checked mode: {outside}");
                if (CheckSmall(small, prepared, label, variant, _device.Limits.Mode) is { } wrong)
                    return TrialAnswer.Of(Verdict.Wrong, wrong);
            }
            var timer = TimerOf(use, label, variant);
            var started = Stopwatch.GetTimestamp();
            var outputs = timer.Run(prepared.Inputs);
            var first = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (prepared.Small != use && trusted is not null && Differs(prepared, trusted, label, outputs) is { } differs)
                return TrialAnswer.Of(Verdict.Wrong, differs);
            // Of what takes long the first run, with its copies, says enough.
            return new(Verdict.Right, "", first > Long ? [first] : timer.Time(warmup: 0, runs: 1), timer.BuildTime.TotalMilliseconds);
        }
        catch (Exception problem) when (problem is GuardException or BoundsException)
        {
            return TrialAnswer.Of(Verdict.Wrong, problem.Message);
        }
        catch (VulkanException problem) when (problem.Result == "ErrorDeviceLost")
        {
            return TrialAnswer.Of(Verdict.Crashed, problem.Message);
        }
        catch (ForgeException problem)
        {
            return TrialAnswer.Of(Verdict.Failed, problem.Message);
        }
    }

    /// <summary>Times a variant.</summary>
    /// <param name="use">The op and its types.</param>
    /// <param name="label">The variant's label.</param>
    /// <param name="runs">How often; one run more comes first.</param>
    public TrialAnswer Time(OpUse use, string label, int runs)
    {
        try
        {
            var prepared = Prepare(use); // first: it lets go of timers of another use
            var known = _timers.Any(t => t.Key == TimerKey(use, label));
            var timer = TimerOf(use, label, use.Find(label, _device.Limits)!);
            if (!known)
                timer.Run(prepared.Inputs); // streams as training has them: some processors multiply zeros faster
            return new(Verdict.Right, "", timer.Time(warmup: 1, runs), 0);
        }
        catch (VulkanException problem) when (problem.Result == "ErrorDeviceLost")
        {
            return TrialAnswer.Of(Verdict.Crashed, problem.Message);
        }
        catch (ForgeException problem)
        {
            return TrialAnswer.Of(Verdict.Failed, problem.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, timer) in _timers)
            timer.Dispose();
        foreach (var (backend, run) in _open.Values)
        {
            run.Dispose();
            backend.Dispose();
        }
    }

    // The variant of the small use with the same label, else the nearest: labels that count runs differ with the size.
    private string? CheckSmall(OpUse small, Prepared prepared, string label, Variant variant, BufferMode mode)
    {
        var (backend, run) = Open(mode);
        var kernel = small.Kernel!;
        var shader = kernel.ShaderOf(variant);
        var alike = small.Find(label, backend.Limits) ?? small.Variants(backend.Limits).FirstOrDefault(v => v.Family == variant.Family && kernel.ShaderOf(v) == shader);
        if (alike is null)
            return null;
        var outputs = run.Run(small.Op, kernel, alike, prepared.SmallInputs);
        return Closeness.For(small.Op).Explain(small.Op, prepared.SmallReferenceInputs, prepared.SmallExpected, outputs, prepared.SmallMagnitudes);
    }

    private string? Differs(Prepared prepared, string trusted, string label, IReadOnlyList<HostTensor> outputs)
    {
        if (prepared.Trusted?.Label != trusted)
            prepared.Trusted = (trusted, trusted == label ? outputs : TimerOf(prepared.Use, trusted, prepared.Use.Find(trusted, _device.Limits)!).Run(prepared.Inputs));
        return trusted == label ? null : FullSize.Explain(prepared.Trusted.Value.Outputs, outputs, MostUlps) is { } where ? $"at full size {where}, by {trusted}" : null;
    }

    private (VulkanBackend Backend, GuardedRun Run) Open(BufferMode mode)
    {
        if (_open.TryGetValue(mode, out var open))
            return open;
        var backend = _openBackend(mode);
        return _open[mode] = (backend, new GuardedRun(backend.Device, backend.Transfers, backend.Pipelines));
    }

    private static string TimerKey(OpUse use, string label) => $"{label} {use.Key}";

    private OpTimer TimerOf(OpUse use, string label, Variant variant)
    {
        var key = TimerKey(use, label);
        var at = _timers.FindIndex(t => t.Key == key);
        if (at >= 0)
        {
            _timers.Add(_timers[at]); // the latest is last
            _timers.RemoveAt(at);
            return _timers[^1].Timer;
        }
        var bytes = use.Inputs.Concat(use.Outputs).Sum(t => t.Bytes);
        while (_timers.Count > 0 && (_timers.Count + 1) * bytes > MostKept)
        {
            _timers[0].Timer.Dispose();
            _timers.RemoveAt(0);
        }
        _timers.Add((key, new OpTimer(_device.Device, _device.Pipelines, use.Kernel!, use.Op, variant, use.Inputs)));
        return _timers[^1].Timer;
    }

    private Prepared Prepare(OpUse use)
    {
        if (_prepared?.Use.Key == use.Key)
            return _prepared;
        foreach (var (_, timer) in _timers)
            timer.Dispose();
        _timers.Clear();
        return _prepared = new(use);
    }

    // What all variants of a use are checked with.
    private sealed class Prepared
    {
        public Prepared(OpUse use)
        {
            (Use, Small) = (use, ReducedUse.Of(use));
            Inputs = TrialInputs.Of(use);
            if (Small is null)
                return;
            (SmallInputs, SmallReferenceInputs, SmallExpected) = Reference(Small, positive: false);
            // Mostly NaN says little about a kernel.
            if (SmallExpected.Any(t => t.Type.DType == DType.F32 && 4 * t.Elements.Count(double.IsNaN) > t.Elements.Length))
                (SmallInputs, SmallReferenceInputs, SmallExpected) = Reference(Small, positive: true);
            SmallMagnitudes = Closeness.For(Small.Op).Magnitudes(Small.Op, SmallReferenceInputs);
        }

        public OpUse Use { get; }

        public OpUse? Small { get; }

        public IReadOnlyList<HostTensor> Inputs { get; }

        public IReadOnlyList<HostTensor> SmallInputs { get; } = [];

        public IReadOnlyList<ReferenceTensor> SmallReferenceInputs { get; } = [];

        public IReadOnlyList<ReferenceTensor> SmallExpected { get; } = [];

        public IReadOnlyList<ReferenceTensor>? SmallMagnitudes { get; }

        public (string Label, IReadOnlyList<HostTensor> Outputs)? Trusted { get; set; }

        private static (IReadOnlyList<HostTensor>, IReadOnlyList<ReferenceTensor>, IReadOnlyList<ReferenceTensor>) Reference(OpUse small, bool positive)
        {
            var hosts = TrialInputs.Of(small, positive);
            ReferenceTensor[] inputs = [.. hosts.Select(ReferenceTensor.From)];
            return (hosts, inputs, Closeness.Reference(small.Op, inputs));
        }
    }
}
