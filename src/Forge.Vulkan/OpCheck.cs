using Forge.Core;
using Forge.Core.Reference;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan;

/// <summary>An op is not what its reference says: the message has the case, where it differs and how to see it again.</summary>
/// <param name="message">All that.</param>
/// <param name="inner">What happened, where it was another error.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class OpCheckException(string message, Exception? inner = null) : ForgeException(message, inner);

/// <summary>What <see cref="OpCheck"/> looked at, all of it right.</summary>
/// <param name="Op">The op's name.</param>
/// <param name="Device">The device.</param>
/// <param name="Cases">Cases drawn.</param>
/// <param name="Runs">Runs on the device that gave the reference's values.</param>
/// <param name="Gradients">Gradients that agreed with finite differences.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record OpCheckReport(string Op, string Device, int Cases, int Runs, int Gradients)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"{Op}: {Cases} cases right: {Runs} runs on {Device} against fp64, {Gradients} gradients against differences.";
}

/// <summary>Checks an op of the user's own as Forge's ops are checked by its tests.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class OpCheck
{
    /// <summary>Draws cases and compares the device with the fp64 reference, and the VJP with finite differences of it.</summary>
    /// <remarks>
    /// On the device every variant of the op's kernel runs between guards that must stay as they are: with each access compared with its tensor, and then
    /// as plans run it. GLSL of the program's own runs in a process of its own after <see cref="KernelTrials.Serve"/>. The first case is the smallest that the sampler draws. Errors are measured against the largest element of each output, for 128 ulp.
    /// </remarks>
    /// <typeparam name="TOp">The op; its Sample draws the cases.</typeparam>
    /// <param name="engine">An engine on a Vulkan device.</param>
    /// <param name="cases">How many cases.</param>
    /// <param name="seed">Decides the cases.</param>
    /// <exception cref="OpCheckException">A case is wrong, leaves its tensors or cannot run; the message names it.</exception>
    /// <exception cref="ShaderException">The op's GLSL does not compile: file, line and the compiler's words.</exception>
    /// <exception cref="DeviceException">The engine is not on a Vulkan device, or the op has no kernel.</exception>
    public static OpCheckReport Run<TOp>(Engine engine, int cases = 20, ulong seed = 1) where TOp : Op, ISampled
    {
        if (engine.Backend is not VulkanBackend backend)
            throw new DeviceException($"An op is checked on a Vulkan device, and this engine runs on {engine.Backend.Description}.");
        using var trials = KernelTrials.On(backend);
        var (name, runs, gradients) = (typeof(TOp).Name, 0, 0);
        for (var number = 0; number < cases; number++)
        {
            // An all-zero tape draws the smallest case.
            var sampled = TOp.Sample(number == 0 ? new Draw([]) : Draw.FromSeed(seed + (ulong)number - 1));
            name = sampled.Op.Name;
            var place = $"{name} case {number} of seed {seed}, {sampled.Op} on {string.Join(", ", sampled.Inputs.Select(x => x.Type))}";
            try
            {
                runs += CheckDevice(backend, trials, CheckCases.AsPlanned(sampled), place);
            }
            catch (Exception problem) when (problem is GuardException or BoundsException)
            {
                throw new OpCheckException($"{place}: {problem.Message}", problem);
            }
            if (DerivativeCheck.Of(sampled, seed, second: false) is not { } gaps)
                continue;
            if (gaps.Problem is { } disagreement)
                throw new OpCheckException($"{place}: {disagreement}");
            gradients++;
        }
        return new(name, backend.DeviceInUse.Name, cases, runs, gradients);
    }

    private static int CheckDevice(VulkanBackend backend, KernelTrialRun trials, OpCase sampled, string place)
    {
        var (op, inputs, runs) = (sampled.Op, sampled.Inputs, 0);
        if (op.IsView || inputs.Any(x => x.Type.Count == 0))
            return 0;
        TensorType[] types = [.. inputs.Select(x => x.Type)];
        var outputs = op.Infer(types);
        var kernel = backend.KernelOf(op) ?? throw new DeviceException($"{op.Name} has no kernel to check. Derive it from GlslOp, or give a GlslKernel in VulkanOptions.Kernels.");
        var (hosts, expected) = (inputs.Select(x => x.ToHost()).ToArray(), Closeness.Reference(op, inputs));
        foreach (var variant in kernel.VariantsOf(op, types, outputs, backend.Limits))
            foreach (var isChecked in (bool[])[true, false])
            {
                if (Closeness.For(op).Explain(op, inputs, expected, trials.Run(op, kernel, variant, hosts, isChecked)) is { } problem)
                    throw new OpCheckException($"{place}: {problem} Variant {variant.Label}{(isChecked ? ", every access checked" : "")}.");
                runs++;
            }
        return runs;
    }
}
