using System.CommandLine;
using System.Globalization;
using Forge.Models.Cnn;
using Forge.Vulkan;
using Forge.Vulkan.Tuning;

namespace Forge.Cli.Commands;

/// <summary><c>forge tune</c>: finds the fastest right variant of an op, or of every kernel of a model's training step, and stores it for this device.</summary>
internal static class TuneCommand
{
    private const double DefaultLimit = 60, SecondsOfOp = 20, SecondsOfModel = 60;

    private static readonly Option<string?> Op = Options.Word("--op", "Which op.", "OP", [.. OpWorkload.Ops]);
    private static readonly Option<string?> Shape = new("--shape") { Description = "Its shape, in the op's own form; see docs/cli.md.", HelpName = "SHAPE" };
    private static readonly Option<string?> Model = Options.Word("--model", "Every kernel of this net's training step.", words: [.. BenchNets.All.Select(n => n.Name)]);
    private static readonly Option<double?> Seconds = Options.Positive("--seconds", "How long timing may take, in seconds; every variant is checked besides (default 20 for an op, 60 for a model).");
    private static readonly Option<double?> Limit = Options.Positive("--limit", "How long a variant may take for an answer before it counts as hung, in seconds (default 60).");
    private static readonly Option<bool> Forget = new("--forget") { Description = "Drop what is known of this device: choices and quarantined variants." };
    private static readonly Option<string?> Table = new("--table") { Description = "Write the choices to a file, in the form of the tables that ship with Forge.", HelpName = "FILE" };

    public static Command Build()
    {
        Op.Description += $" One of {string.Join(", ", OpWorkload.Ops)}.";
        return new Command("tune", "Check every variant of an op or of a model's kernels, time those that are right, and store the fastest for this device.")
        {
            Op, Shape, Model, Options.Precision, Seconds, Limit, Forget, Table,
        }.Does(Run);
    }

    private static int Run(Invocation invocation)
    {
        var (op, shape, model, forget) = (invocation.Get(Op), invocation.Get(Shape), invocation.Get(Model), invocation.Get(Forget));
        if (model is not null && (op is not null || shape is not null)) throw new UsageException("--model tunes all of a net's kernels: it goes without --op and --shape.");
        var precision = invocation.Get(Options.Precision);
        if (precision is not null && model is null) throw new UsageException("--precision is a net's: it goes with --model.");
        if (op is null != shape is null) throw new UsageException(op is null ? $"--shape needs --op: one of {string.Join(", ", OpWorkload.Ops)}." : $"--op {op} needs --shape {OpWorkload.FormOf(op)}.");
        if (op is null && model is null && !forget)
            throw new UsageException($"Say what to tune: --op OP --shape SHAPE ({string.Join(", ", OpWorkload.Ops)}) or --model NET ({string.Join(", ", BenchNets.All.Select(n => n.Name))}).");
        var single = op is null ? null : TrialWorkloads.OfOp(op, shape!);

        using var backend = new VulkanBackend(new() { Device = invocation.EngineOptions.Device });
        DeviceLine.Print(invocation.Report, backend.DeviceInUse);
        if (forget)
        {
            backend.Tuned.Cache.Forget();
            invocation.Report.Say($"Dropped what was known of {backend.DeviceInUse.Name}.");
        }
        List<(OpUse Use, TrialWork Work, string Title, int Count)> targets = single is not null ? [(single, new(op, shape), $"{op} {shape}", 1)]
            : model is null ? []
            : [.. TrialWorkloads.OfModel(BenchNets.All.First(n => n.Name == model), precision, backend)
                .Select((u, i) => (u.Use, new TrialWork(Model: model, Index: i, Precision: precision), u.Label, u.Count))];
        if (targets.Count == 0) return ExitCode.Success;

        using var trials = new TrialProcess(TryVariantCommand.Program(backend.DeviceInUse.Index), TimeSpan.FromSeconds(invocation.Get(Limit) ?? DefaultLimit));
        var budget = TimeSpan.FromSeconds((invocation.Get(Seconds) ?? (model is null ? SecondsOfOp : SecondsOfModel)) / targets.Count);
        var reports = new List<TuningReport>();
        foreach (var (use, work, title, count) in targets)
        {
            invocation.Report.Say($"\n{title}{(count > 1 ? $", {count} times a step" : "")}: {use}");
            var tuner = new Tuner(trials, backend.Tuned, backend.Limits);
            reports.Add(tuner.Tune(use, work, budget, invocation.Interruption.Token));
            TuningTable.Print(invocation.Report, title, reports[^1]);
        }
        if (model is not null) TuningTable.PrintStep(invocation.Report, model, [.. reports.Zip(targets, (r, t) => (r, t.Count))]);
        if (backend.Tuned.Cache.File is null) Report.Warn("There is no cache folder: what was found is forgotten with this run.");
        if (invocation.Get(Table) is { } file) File.WriteAllText(file, TableOf(backend.DeviceInUse, reports).ToText());
        return reports.Any(r => r.Winner is null) ? ExitCode.Failure : ExitCode.Success;
    }

    private static ShippedTable TableOf(DeviceDescription device, IEnumerable<TuningReport> reports) => new(
        string.Create(CultureInfo.InvariantCulture, $"{device.Name}, {device.DriverName} {device.DriverDetail}"),
        // Where the default won, nothing needs saying: a better default shall show.
        [.. reports.Where(r => r.Winner is not null && r.Winner != r.Default)
            .Select(r => new ShippedChoice(r.Use.OpKey, r.Use.InputsKey, ShapeBucket.Of(r.Use.Inputs), r.Winner!.Variant.Label))]);
}
