using System.CommandLine;
using System.Globalization;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary><c>forge lab</c>: watches the shaders of one variant; each time they are saved it compiles, checks and times them against what was there before.</summary>
internal static class LabCommand
{
    private const double DefaultLimit = 60;

    // How long files must stay as they are before they count as saved, and how often they are looked at.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private static readonly Argument<string> Op = new("OP") { Description = "Which op." };
    private static readonly Option<string?> Shape = new("--shape") { Description = "Its shape, in the op's own form; see docs/cli.md.", HelpName = "SHAPE", Required = true };
    private static readonly Option<string?> VariantName = new("--variant") { Description = "A variant's name, or a family: portable, tiled, lane, coopmat.", HelpName = "NAME" };
    private static readonly Option<string?> Dump = new("--dump") { Description = "A folder for each good version's GLSL (includes and macros resolved), SPIR-V and disassembly.", HelpName = "FOLDER" };
    private static readonly Option<bool> Once = new("--once") { Description = "Check and time the shaders as they are, and end." };
    private static readonly Option<double?> Limit = Options.Positive("--limit", "How long a version may take for an answer before it counts as hung, in seconds (default 60).");

    public static Command Build()
    {
        Op.Description += $" One of {string.Join(", ", OpWorkload.Ops)}.";
        return new Command("lab", "Edit a kernel: each save is compiled, checked in a process of its own and timed against the last good version.")
        {
            Op, Shape, VariantName, Dump, Once, Limit,
        }.Does(Run);
    }

    private static int Run(Invocation invocation)
    {
        var (op, shape) = (invocation.Get(Op)!, invocation.Get(Shape)!);
        if (!OpWorkload.Ops.Contains(op)) throw new UsageException($"OP is '{op}'; it can be {string.Join(", ", OpWorkload.Ops)}.");
        var use = TrialWorkloads.OfOp(op, shape);
        var folder = ShaderFiles.Folder(Directory.GetCurrentDirectory(), AppContext.BaseDirectory)
            ?? throw new UsageException("There is no folder of shaders to watch: run this in a checkout of Forge, or set FORGE_SHADERS to a folder of shaders.");

        using var backend = new VulkanBackend(new() { Device = invocation.EngineOptions.Device, Statistics = invocation.Get(Dump) is not null });
        DeviceLine.Print(invocation.Report, backend.DeviceInUse);
        var variants = use.Variants(backend.Limits);
        var variant = VariantChoice.Of(use, backend, invocation.Get(VariantName), $"{op} {shape}");
        // The other portable variant is what a full-size result is compared with: an edit may break the one at hand.
        var trusted = variants.FirstOrDefault(v => v.Family == Family.Portable && use.Kernel!.ShaderOf(v) != use.Kernel.ShaderOf(variant))?.Label;
        using var session = new LabSession(TryVariantCommand.Program(backend.DeviceInUse.Index, folder), use, new(op, shape), variant.Label, trusted,
            TimeSpan.FromSeconds(invocation.Get(Limit) ?? DefaultLimit));
        var plan = use.Kernel!.PlanOf(use.Op, variant, use.Inputs, use.Outputs);
        var files = new ShaderFiles(folder, [.. plan.Dispatches.Select(d => d.Shader ?? use.Kernel.ShaderOf(variant)).Distinct()]);
        invocation.Report.Say($"{op} {shape}, variant {variant.Label}: {string.Join(", ", files.Names)} in {folder}");

        var good = Try(invocation, session, use, variant, backend, folder, []);
        if (invocation.Get(Once)) return good ? ExitCode.Success : ExitCode.Failure;
        invocation.Report.Say("Watching; save a file to try it, Ctrl-C ends.");
        var stop = invocation.Interruption.Token;
        while (!stop.WaitHandle.WaitOne(s_look))
        {
            if (files.Changes() is not { Count: > 0 } changed) continue;
            // Editors write in several steps: until nothing has changed for a while.
            List<string> all = [.. changed];
            while (!stop.WaitHandle.WaitOne(s_look) && files.Changes() is { Count: > 0 } more) all.AddRange(more);
            Try(invocation, session, use, variant, backend, folder, [.. all.Distinct()]);
        }
        return ExitCode.Success;
    }

    private static bool Try(Invocation invocation, LabSession session, OpUse use, Variant variant, VulkanBackend backend, string folder, IReadOnlyList<string> changed)
    {
        var report = invocation.Report;
        var outcome = session.Try();
        invocation.Interruption.Token.ThrowIfCancellationRequested();
        var (before, after) = (Median(outcome.Before), Median(outcome.After));
        var cost = use.Cost;
        if (outcome.IsGood)
            report.Result(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss}  right   {(before is null ? "" : $"{before:0.0000} -> ")}{after:0.0000} ms  {cost.Flops / after / 1e6:0.0} GFLOP/s  {cost.Bytes / after / 1e6:0.0} GB/s")
                + (before is null ? "" : string.Create(CultureInfo.InvariantCulture, $"  {before / after:0.00}x the speed before")));
        else
            report.Result(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss}  {outcome.Verdict.ToString().ToUpperInvariant()}{(changed.Count > 0 ? ", the last good version stays" : "")}: {outcome.Message}"));
        report.Event("lab", writer =>
        {
            writer.WriteString("variant", variant.Label);
            writer.WriteStartArray("changed");
            foreach (var name in changed) writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteString("verdict", outcome.Verdict.ToString().ToLowerInvariant());
            writer.WriteString("message", outcome.Message);
            writer.WriteNumberOrNull("ms_before", before, 4);
            writer.WriteNumberOrNull("ms", after, 4);
            writer.WriteNumberOrNull("gflops", cost.Flops / after / 1e6, 1);
            writer.WriteNumberOrNull("gbs", cost.Bytes / after / 1e6, 1);
        });
        if (outcome.IsGood && invocation.Get(Dump) is { } target)
            try
            {
                foreach (var line in ShaderDump.Write(target, folder, backend.Device, use, variant)) report.Say("  " + line);
            }
            catch (ShaderException problem)
            {
                report.Say("  not dumped, the files changed meanwhile: " + problem.Message);
            }
        return outcome.IsGood;
    }

    private static double? Median(IReadOnlyList<double> times) => times.Count == 0 ? null : times.Order().ElementAt(times.Count / 2);
}
