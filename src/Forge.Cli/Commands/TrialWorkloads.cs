using Forge.Core;
using Forge.Models.Cnn;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary>The op uses that <c>tune</c> and <c>lab</c> mean: both processes find the same ones.</summary>
internal static class TrialWorkloads
{
    // What was found last: a process is asked about one model again and again.
    private static (string? Model, string? Precision, IReadOnlyList<OpUse> Uses) s_last;

    /// <summary>The use that a question names.</summary>
    /// <exception cref="UsageException">There is no such op, shape or model.</exception>
    public static OpUse Find(TrialBench bench, TrialWork work)
    {
        if (work.Model is null) return OfOp(work.Op!, work.Shape!);
        if ((s_last.Model, s_last.Precision) != (work.Model, work.Precision))
        {
            var net = BenchNets.All.FirstOrDefault(n => n.Name == work.Model) ?? throw new UsageException($"There is no model {work.Model}.");
            s_last = (work.Model, work.Precision, [.. OfModel(net, work.Precision, bench.Backend).Select(u => u.Use)]);
        }
        return s_last.Uses[work.Index];
    }

    /// <summary>An op and a shape of the command line.</summary>
    /// <exception cref="UsageException">The shape is malformed or makes no sense.</exception>
    public static OpUse OfOp(string op, string shape)
    {
        var workload = OpWorkload.Parse(op, shape);
        return new(workload.Op, workload.Inputs);
    }

    /// <summary>The different kernels of a model's training step, in the order they run, and how often each does.</summary>
    /// <param name="net">The model.</param>
    /// <param name="precision">In which type its products multiply; null for the usual one.</param>
    /// <param name="backend">The device.</param>
    public static IReadOnlyList<(OpUse Use, string Label, int Count)> OfModel(BenchNet net, string? precision, VulkanBackend backend)
    {
        backend.Avoided += static _ => { };     // forge tune names what is quarantined in its tables
        using var engine = new Engine(new PlanningBackend(backend), new() { Precision = Precision.Find(precision ?? Precision.Strict32.Label)! });
        var plan = net.CompileStep(engine).Prepare(net.Inputs);
        return [.. plan.Kernels.Select(k => (Use: new OpUse(k.Node.Op, k.Node.InputTypes), k.Node.Label)).GroupBy(k => k.Use.Key)
            .Select(g => (g.First().Use, g.First().Label, g.Count()))];
    }
}
