using System.CommandLine;
using System.Diagnostics;
using Forge.Cli.Measuring;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench op</c>: times one op alone, on data that stays on the device.</summary>
internal static class BenchOp
{
    private static readonly Option<string?> Op = Options.Word("--op", "What to time.", "OP", OpWorkload.Ops);

    private static readonly Option<string> Shape = new("--shape")
    {
        Description = "MxNxK for sgemm; NxHxWxC:KHxKWxO (/s2 for stride 2, /g4 for four groups) for conv2d, conv2d-dx, conv2d-dw; NxDxHxWxC:KDxKHxKWxO (/s2) for conv3d, conv3d-dx, conv3d-dw; NxHxWxC for pools, batchnorm, concat, slice, pad and warp; NxTxU, rows, steps and units, for rnn, lstm, gru and their -grad; MxN for the rest. Products and convolutions take /bf16 or /f16 behind it: 16-bit factors.",
        HelpName = "SHAPE",
    };

    private static readonly Option<string?> VariantName = new("--variant") { Description = "A kernel variant by its name, such as portable or lane/packed; the one that training would run otherwise.", HelpName = "NAME" };
    private static readonly Option<int?> Iterations = Options.Count("--iters", "Runs on the clock (default 12).");
    private static readonly Option<int?> Warmup = Options.Count("--warmup", "Runs before it (default 3).", least: 0);
    private static readonly Option<string?> KeptIn = HistoryOption.Build("Append the result to a folder's history (default bench/history).");

    public static Command Build()
    {
        Op.Required = true;
        Op.Description += $" One of {string.Join(", ", OpWorkload.Ops)}.";
        Shape.Required = true;
        return new Command("op", "Time one op.") { Op, Shape, VariantName, Iterations, Warmup, KeptIn }.Does(Run);
    }

    private static int Run(Invocation invocation)
    {
        var load = Machine.Load();
        var workload = OpWorkload.Parse(invocation.Get(Op)!, invocation.Get(Shape)!);
        using var backend = new VulkanBackend(new() { Device = invocation.EngineOptions.Device });
        DeviceLine.PrintOnStderr(backend.DeviceInUse);
        backend.TellAvoided(invocation.Report);
        var started = Stopwatch.GetTimestamp();
        using var timer = Open(backend, workload, invocation.Get(VariantName), out var variant);
        var first = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var times = timer.Time(invocation.Get(Warmup) ?? 3, invocation.Get(Iterations) ?? 12);
        var cost = workload.Op.Cost(workload.Inputs, workload.Outputs);
        var line = new BenchLine(workload.Name, times, first, cost.Flops, backend.DeviceInUse);
        line.Print(invocation.Report, writer =>
        {
            writer.WriteNumberOrNull("gbs", cost.Bytes / times.Order().ElementAt(times.Count / 2) / 1e6, 1);
            writer.WriteString("variant", variant.Label);
            writer.WriteNumberOrNull("ms_build", timer.BuildTime.TotalMilliseconds, 1);
        });
        HistoryOption.Of(invocation, KeptIn)?.Keep(line.Entry("bench op", load, invocation.Get(VariantName) is null ? null : variant.Label));
        return ExitCode.Success;
    }

    /// <summary>Builds an op's pipelines and runs it once, on the data that every timing uses.</summary>
    /// <param name="backend">The device.</param>
    /// <param name="workload">The op on its shapes.</param>
    /// <param name="name">What --variant was; null for the one that training would run.</param>
    /// <param name="variant">The variant that runs.</param>
    /// <exception cref="UsageException">There is no such variant; the message lists those there are.</exception>
    public static OpTimer Open(VulkanBackend backend, OpWorkload workload, string? name, out Variant variant)
    {
        var kernel = KernelTable.Find(workload.Op) ?? throw new DeviceException($"The op {workload.Op.Name} has no Vulkan kernel.");
        variant = VariantChoice.Of(new OpUse(workload.Op, workload.Inputs), backend, name, workload.Name);
        var timer = new OpTimer(backend.Device, backend.Pipelines, kernel, workload.Op, variant, workload.Inputs);
        // Streams as the peers have them: no zeros, whose products some processors handle faster.
        timer.Run(workload.Inputs.All(type => type.DType is DType.F32 or DType.F16 or DType.BF16)
            ? [.. workload.Inputs.Select((type, i) => SharedHash.Uniform((uint)i + 1, type.Shape, -1, 1).Rounded(type.DType))]
            : TrialInputs.Of(new(workload.Op, workload.Inputs)));
        return timer;
    }
}
