using Forge.Core;

namespace Forge.Vulkan.Tests;

/// <summary>
/// SPIR-V of coopmat variants for a device in this process, made by <see cref="NewerTools"/> where the process's own compiler is too old: the caches that
/// programs take compiled shaders from hold it before the plan asks.
/// </summary>
internal sealed class NewerShaders
{
    private static readonly SpirvCache s_made = new(null);
    private readonly Device _device;

    /// <summary>Shaders for a device, whose matrices need not be known to the compiler here.</summary>
    public NewerShaders(Device device)
    {
        _device = device;
        foreach (var type in device.Limits.Matrices.Select(m => m.Factor).Distinct())
            Make(MatrixProbe.Question(type));
    }

    /// <summary>The compiler that finds them.</summary>
    public ShaderCompiler Compiler { get; } = new(cache: s_made);

    /// <summary>Chooses as an untuned plan does, with the shaders of what it chooses made beforehand.</summary>
    public Variant Choose(Node node, Kernel kernel, IReadOnlyList<Variant> variants)
    {
        if (variants[0].Family == Family.Coopmat)
            foreach (var request in KernelLowering.Requests(new(kernel, variants[0], kernel.PlanOf(node.Op, variants[0], node.InputTypes, node.OutputTypes)), node.InputTypes.Count + node.OutputTypes.Count))
                Make(request);
        return variants[0];
    }

    private void Make(PipelineRequest request)
    {
        var shader = request.CompiledFor(_device.Limits, out _);
        var key = Compiler.KeyOf(shader);
        if (shader.Defines!.Any(d => d.Name == "COOPMAT") && s_made.Find(key) is null)
            s_made.Store(key, NewerTools.Compile(shader));
    }
}
