using System.CommandLine;
using System.Diagnostics;
using Forge.Cli.Measuring;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Vulkan;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench step</c>: times training steps of the nets that other frameworks' programs train too, and prints their losses.</summary>
internal static class BenchStep
{
    private static readonly Option<string?> Model = Options.Word("--model", "Which net; each has its own batch.", words: [.. BenchNets.All.Select(n => n.Name)]);
    private static readonly Option<int?> Iterations = Options.Count("--iters", "Steps on the clock (default 12).");
    private static readonly Option<int?> Warmup = Options.Count("--warmup", "Steps before it (default 3).", least: 0);
    private static readonly Option<string?> Against = new("--against") { Description = "Compare the losses with those of an earlier run, whose stdout is in a file.", HelpName = "FILE" };
    private static readonly Option<string?> KeptIn = HistoryOption.Build("Append the result to a folder's history (default bench/history).");

    public static Command Build()
    {
        Model.Required = true;
        return new Command("step", "Time training steps.") { Model, Options.Precision, Iterations, Warmup, Against, KeptIn }.Does(Run);
    }

    private static int Run(Invocation invocation)
    {
        var load = Machine.Load();
        var net = BenchNets.All.First(n => n.Name == invocation.Get(Model));
        var (iterations, warmup) = (invocation.Get(Iterations) ?? 12, invocation.Get(Warmup) ?? 3);
        var precision = Precision.Find(invocation.Get(Options.Precision) ?? Precision.Strict32.Label)!;
        // Another precision is another workload: times of the two are not one history.
        var workload = precision == Precision.Strict32 ? net.Name : $"{net.Name}/{precision}";
        var earlier = invocation.Get(Against) is { } file ? EarlierLosses.Read(file, workload) : null;
        var data = Task.Run(net.Data); // made while the device opens
        using var engine = Engine.Open(invocation.EngineOptions with { Precision = precision });
        var backend = (VulkanBackend)engine.Backend;
        var device = backend.DeviceInUse;
        DeviceLine.PrintOnStderr(device);
        backend.TellAvoided(invocation.Report);
        var arguments = data.GetAwaiter().GetResult();
        var step = net.CompileStep(engine);
        var (losses, times, first, toLoss) = (new List<float>(), new List<double>(), 0.0, 0.0);
        for (var i = 0; i < warmup + iterations; i++)
        {
            invocation.Interruption.Token.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            net.Advance(arguments, i);
            losses.Add(step.Run(arguments).Sum(loss => loss.Scalar()));
            var ms = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (i == 0) (first, toLoss) = (ms, SinceProcessStart());
            if (i >= warmup) times.Add(ms);
        }
        var line = new BenchLine(workload, times, first, net.StepFlops, device);
        line.Print(invocation.Report, writer =>
        {
            writer.WriteNumber("batch", net.Batch);
            writer.WriteString("precision", precision.Label);
            writer.WriteStartArray("losses");
            foreach (var loss in losses)
                if (float.IsFinite(loss)) writer.WriteNumberValue(loss);
                else writer.WriteNullValue();
            writer.WriteEndArray();
            earlier?.Write(writer, losses);
            writer.WriteNumberOrNull("ms_start_to_loss", toLoss, 1);
            var (executable, making) = ((Executable)step.Executable!, step.Making!.Value);
            writer.WriteNumberOrNull("ms_trace", making.Trace.TotalMilliseconds, 1);
            writer.WriteNumberOrNull("ms_plan", making.Plan.TotalMilliseconds, 1);
            writer.WriteNumberOrNull("ms_weights", making.State.TotalMilliseconds, 1);
            writer.WriteNumberOrNull("ms_pipelines", executable.PipelineTime.TotalMilliseconds, 1);
            writer.WriteNumberOrNull("ms_record", (making.Build - executable.PipelineTime).TotalMilliseconds, 1);
            writer.WriteNumber("dispatches", executable.Counts.Dispatches);
            writer.WriteNumberOrNull("arena_mib", Mib(step.Plan!.RegionBytes[Region.Arena]), 1);
            writer.WriteNumberOrNull("live_mib", Mib(step.Plan.LiveBytesPeak), 1);
        });
        HistoryOption.Of(invocation, KeptIn)?.Keep(line.Entry("bench step", load));
        return ExitCode.Success;
    }

    private static double Mib(long bytes) => bytes / (double)(1 << 20);

    // ./forge becomes this process, so that its own time is in it.
    private static double SinceProcessStart()
    {
        using var self = Process.GetCurrentProcess();
        return (DateTime.Now - self.StartTime).TotalMilliseconds;
    }
}
