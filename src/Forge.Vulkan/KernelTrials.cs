using System.Diagnostics;
using Forge.Core;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan;

/// <summary>Lets kernels of a program's own be tried in a process of their own, so that one that crashes or hangs ends that process alone.</summary>
/// <threadsafety>One thread at a time: Main calls it first.</threadsafety>
public static class KernelTrials
{
    private const string Variable = "FORGE_KERNEL_TRIALS";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private static bool s_serves;

    /// <summary>
    /// As a program's first statement: <c>if (KernelTrials.Serve()) return;</c>. From then on <see cref="OpCheck"/> and the first run of an unchecked kernel start
    /// the program once more, for this call to try the kernel there.
    /// </summary>
    /// <returns>Whether this process was started to try kernels and has done so: it has nothing else to do.</returns>
    public static bool Serve()
    {
        s_serves = true;
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } device)
            return false;
        using var answers = new StreamWriter(Console.OpenStandardOutput());
        using var backend = new VulkanBackend(new() { Device = device, Mode = BufferMode.Address });
        KernelTrial.Serve(Console.In, answers, backend, () => Process.GetCurrentProcess().Kill());
        return true;
    }

    /// <summary>Something to try kernels with on a backend's device.</summary>
    internal static KernelTrialRun On(VulkanBackend backend) => new(backend, s_serves && backend.Limits.Mode == BufferMode.Address ? Program(backend.DeviceInUse.Index) : null, s_limit);

    private static TrialProgram? Program(int device)
    {
        // Started by the .NET host, the program's own file is the first word; else it is the process's file.
        var self = Environment.GetCommandLineArgs()[0];
        var variables = new Dictionary<string, string> { [Variable] = device.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        return Environment.ProcessPath is not { } path ? null : new(path, Path.GetFileNameWithoutExtension(path) == "dotnet" ? [self] : [], variables);
    }
}

/// <summary>Runs kernels between guards: a user's GLSL in a process of its own where there is a program for it, all else in this one.</summary>
/// <param name="backend">The device.</param>
/// <param name="program">The program; null for none.</param>
/// <param name="limit">How long a run may take there, its compilation included.</param>
internal sealed class KernelTrialRun(VulkanBackend backend, TrialProgram? program, TimeSpan limit) : IDisposable
{
    private readonly GuardedRun _guarded = new(backend.Device, backend.Transfers, backend.Pipelines);
    private readonly TrialProcess? _process = program is null ? null : new(program, limit);

    /// <summary>The outputs of one variant.</summary>
    /// <exception cref="GuardException">It left its tensors, or ended or held up the process it ran in.</exception>
    /// <exception cref="BoundsException">It left its tensors in this process.</exception>
    /// <exception cref="ShaderException">It does not compile.</exception>
    public IReadOnlyList<HostTensor> Run(Op op, Kernel kernel, Variant variant, IReadOnlyList<HostTensor> inputs, bool isChecked)
    {
        TensorType[] types = [.. inputs.Select(x => x.Type)];
        var outputs = op.Infer(types);
        if (_process is null || KernelTrial.Of(op, variant, kernel.PlanOf(op, variant, types, outputs), inputs, outputs, isChecked) is not { } trial)
            return _guarded.Run(op, kernel, variant, inputs, isChecked: isChecked);
        var answer = _process.Ask(trial);
        if (answer.Verdict == Verdict.Failed)
            throw new ShaderException(answer.Message);
        if (answer.Verdict != Verdict.Right)
            throw new GuardException(answer.Message);
        if (!outputs.Select(y => y.Bytes).SequenceEqual(answer.Outputs.Select(bytes => (long)bytes.Length)))
            throw new GuardException($"{op.Name}: the process that ran the kernel answered with other outputs than were asked for.");
        return [.. outputs.Zip(answer.Outputs, (type, bytes) =>
        {
            var tensor = new HostTensor(type);
            bytes.CopyTo(tensor.Bytes);
            return tensor;
        })];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _guarded.Dispose();
        _process?.Dispose();
    }
}
