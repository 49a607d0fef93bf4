using System.CommandLine;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Reports;
using Forge.Vulkan;
using Forge.Vulkan.Profiling;

namespace Forge.Cli.Commands;

/// <summary><c>forge profile</c>: a training step or an op kernel by kernel, beside what the device can do at most.</summary>
internal static class ProfileCommand
{
    private const int DefaultRuns = 8;

    private static readonly Option<string?> Model = Options.Word("--model", "Which net's training step.", words: [.. BenchNets.All.Select(n => n.Name)]);
    private static readonly Option<string?> Op = Options.Word("--op", $"One op instead of a net: {string.Join(", ", OpWorkload.Ops)}.", "OP", OpWorkload.Ops);
    private static readonly Option<string?> Shape = new("--shape") { Description = "The op's shape, as forge bench op takes it.", HelpName = "SHAPE" };
    private static readonly Option<string?> VariantName = new("--variant") { Description = "The op's kernel variant; the default one otherwise.", HelpName = "NAME" };
    private static readonly Option<int?> Steps = Options.Count("--steps", $"Steps with timestamps, and as many without (default {DefaultRuns}).");
    private static readonly Option<string?> Trace = new("--trace") { Description = "Writes every run as a trace for ui.perfetto.dev.", HelpName = "FILE.json" };
    private static readonly Option<string?> Plot = new("--plot") { Description = "Draws the roofline.", HelpName = "FILE.png" };

    public static Command Build() =>
        new Command("profile", "Time a training step kernel by kernel, beside the device's measured ceilings.") { Model, Op, Shape, VariantName, Steps, Trace, Plot }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var (model, op) = (invocation.Get(Model), invocation.Get(Op));
        if (model is null == op is null)
            throw new UsageException($"forge profile needs either --model ({string.Join(", ", BenchNets.All.Select(n => n.Name))}) or --op ({string.Join(", ", OpWorkload.Ops)}).");
        if (model is not null && (invocation.Get(Shape) ?? invocation.Get(VariantName)) is not null)
            throw new UsageException("--shape and --variant go with --op; a net has its own shapes.");
        var workload = op is null ? null : OpWorkload.Parse(op, invocation.Get(Shape)
            ?? throw new UsageException($"--op {op} needs --shape {OpWorkload.FormOf(op)}."));

        using var engine = Engine.Open(invocation.EngineOptions, new VulkanOptions { Statistics = true });
        var backend = (VulkanBackend)engine.Backend;
        DeviceLine.Print(invocation.Report, backend.DeviceInUse);
        backend.TellAvoided(invocation.Report);
        var before = DeviceCeilings.Measure(backend);
        var profile = workload is null
            ? OfNet(invocation, engine, BenchNets.All.First(n => n.Name == model))
            : OfOp(invocation, backend, workload);
        var ceilings = before.Or(DeviceCeilings.Measure(backend));

        new ProfileReport(profile, ceilings, backend.Limits.HasPipelineStatistics).Print(invocation.Report);
        if (invocation.Get(Trace) is { } trace)
        {
            AtomicFile.Write(trace, stream => ProfileTrace.Write(profile, backend.DeviceInUse, stream));
            invocation.Report.Say($"Trace: {trace}; open it in ui.perfetto.dev");
        }
        if (invocation.Get(Plot) is { } plot)
        {
            RooflineChart.Save(ProfileReport.Roofline(profile, ceilings, backend.DeviceInUse), plot);
            invocation.Report.Say($"Roofline: {plot}");
        }
        return ExitCode.Success;
    }

    private static StepProfile OfNet(Invocation invocation, Engine engine, BenchNet net) =>
        Profiler.Profile((VulkanBackend)engine.Backend, $"{net.Name} training step, batch {net.Batch}", net.CompileStep(engine), net.Data(), Runs(invocation), invocation.Interruption.Token);

    private static StepProfile OfOp(Invocation invocation, VulkanBackend backend, OpWorkload workload)
    {
        using var timer = BenchOp.Open(backend, workload, invocation.Get(VariantName), out _);
        return Profiler.Profile(backend, workload.Name, timer, Runs(invocation), invocation.Interruption.Token);
    }

    private static int Runs(Invocation invocation) => invocation.Get(Steps) ?? DefaultRuns;
}
