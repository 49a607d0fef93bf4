using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Forge.Core;
using Forge.Vulkan;
using Forge.Vulkan.Checking;

namespace Forge.Cli.Commands;

/// <summary><c>forge check</c>: every op in every variant on the user's own devices against the fp64 reference, each variant in a process that it may break.</summary>
internal static class CheckCommand
{
    private const int DefaultTrials = 20;

    // SwiftShader takes half a minute to compile one checked recurrent cell, on a machine that does nothing else.
    private const double DefaultLimit = 180;

    private const string AllDevices = "all", AllVariants = "all", DefaultVariants = "default", AsItIs = "device", Derivatives = "derivatives";

    private static readonly Option<string?> Op = new("--op") { Description = "One op, by its name in the table of ops, or several with commas between (default: all of them).", HelpName = "NAME" };
    private static readonly Option<int?> Trials = Options.Count("--trials", "Random cases of an op (default 20); a fifth of them, at least three, under each narrower limit.");
    private static readonly Option<string?> Variants = new("--variants") { Description = "all (default), under narrower limits too; default: what an untuned plan runs; or one variant's name.", HelpName = "all|default|NAME" };
    private static readonly Option<string?> PageFile = new("--report") { Description = "Write everything as one HTML file.", HelpName = "FILE" };
    private static readonly Option<IReadOnlyList<string>?> Under = Options.Words("--under", "Check under these alone.", [AsItIs, .. CheckSettings.All, Derivatives]);
    private static readonly Option<int?> Case = Options.Count("--case", "Only the case of this number, from 0, the smallest.", least: 0);
    private static readonly Option<IReadOnlyList<int>?> Draws = new("--draws")
    {
        Description = "Only the case that draws these numbers, with commas between: what a failure is shrunk to.",
        HelpName = "LIST",
        CustomParser = ReadDraws,
    };

    private static readonly Option<double?> Limit = Options.Positive("--limit", "How long a case may take for an answer before its variant counts as hung, in seconds (default 180).");

    public static Command Build() => new Command("check", "Check every op in every variant on this machine's devices against the fp64 reference, and every gradient.")
    {
        Op, Trials, Variants, PageFile, Under, Case, Draws, Limit,
    }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var started = DateTime.UtcNow;
        var ops = OpsOf(invocation.Get(Op));
        var scope = ScopeOf(invocation);
        var page = invocation.Get(PageFile);
        if (page is not null) MustBeWritable(page);
        var under = invocation.Get(Under);
        var found = new List<CheckedDevice>();
        var summary = new CheckReport(invocation, scope);
        try
        {
            // One variant's derivatives are nothing apart.
            if (under?.Contains(Derivatives) ?? scope.Variant is null)
                summary.Derivatives(new OpChecker(_ => throw new InvalidOperationException("No device takes part."), scope), ops);
            if (under is not [Derivatives])
                foreach (var device in DevicesOf(invocation.EngineOptions.Device))
                    Check(invocation, device, ops, scope, summary, found);
        }
        catch (OperationCanceledException)
        {
            // Hours of checking: what there is, is told.
            Report.Warn("Interrupted: what follows is about the ops checked so far.");
        }
        summary.Finish(found, DateTime.UtcNow - started);
        if (page is not null)
        {
            CheckPage.Write(page, found, summary.DerivativeRows, scope, started, DateTime.UtcNow - started);
            invocation.Report.Result($"Wrote {page}");
        }
        invocation.Interruption.Token.ThrowIfCancellationRequested();
        return summary.Failures == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Check(Invocation invocation, DeviceDescription device, IReadOnlyList<OpEntry> ops, CheckScope scope, CheckReport summary, List<CheckedDevice> found)
    {
        using var backend = new VulkanBackend(new() { Device = device.Index.ToString(CultureInfo.InvariantCulture) });
        DeviceLine.Print(invocation.Report, backend.DeviceInUse);
        using var process = new CheckProcess(TryVariantCommand.Program(device.Index, command: CheckCaseCommand.Name), TimeSpan.FromSeconds(invocation.Get(Limit) ?? DefaultLimit));
        // A device without addresses has no build in which every access is checked.
        var fit = backend.Limits.HasBufferAddress ? scope : scope with { Under = [.. scope.Under.Where(u => u != CheckSettings.Checked)] };
        var checker = new OpChecker(question => process.Ask(question, invocation.Interruption.Token), fit);
        var rows = new List<CheckRow>();
        found.Add(new(backend.DeviceInUse, backend.Limits, rows));
        summary.Begin(device);
        foreach (var op in ops)
        {
            var ofOp = checker.Check(op, invocation.Interruption.Token);
            foreach (var row in ofOp.Where(r => r.Failure is not null)) CheckQuarantine.Add(backend, row);
            summary.Tell(device, op.Name, ofOp);
            rows.AddRange(ofOp);
        }
    }

    private static CheckScope ScopeOf(Invocation invocation)
    {
        var (variants, number, draws, under) = (invocation.Get(Variants) ?? AllVariants, invocation.Get(Case), invocation.Get(Draws), invocation.Get(Under));
        if ((number is not null || draws is not null) && invocation.Get(Op) is null) throw new UsageException("--case and --draws say which case of one op: they go with --op.");
        if (number is not null && draws is not null) throw new UsageException("--case names a case of the seed, --draws one of its own: give one of them.");
        if (variants is not (AllVariants or DefaultVariants) && !(variants.Contains('/', StringComparison.Ordinal) && invocation.Get(Op) is not null))
            throw new UsageException($"--variants is '{variants}'; it can be all, default, or with --op the name of one variant, such as portable/lanes64.");
        // One variant or one case is looked at where it is said; else everywhere.
        IReadOnlyList<string?> usual = variants == DefaultVariants ? [CheckSettings.Checked, null, .. SpecialValues.Names, .. CheckSettings.Plans]
            : variants != AllVariants ? [null]
            : [CheckSettings.Checked, null, .. SpecialValues.Names, .. CheckSettings.Devices.Where(d => d != CheckSettings.Checked), .. CheckSettings.Plans];
        return new()
        {
            Trials = invocation.Get(Trials) ?? DefaultTrials,
            Seed = invocation.EngineOptions.Seed,
            DefaultsOnly = variants == DefaultVariants,
            Variant = variants is AllVariants or DefaultVariants ? null : variants,
            Under = under is null ? usual : [.. under.Where(u => u != Derivatives).Select(u => u == AsItIs ? null : u)],
            Case = number,
            Draws = draws,
        };
    }

    private static IReadOnlyList<OpEntry> OpsOf(string? name)
    {
        if (name is null) return OpTable.Entries;
        return [.. name.Split(',').Select(OpOf)];
    }

    private static OpEntry OpOf(string name)
    {
        if (OpTable.Find(name) is { } op) return op;
        var near = UsageProblem.Near(name, OpTable.Entries.Select(e => e.Name));
        throw new UsageException($"There is no op '{name}'.{(near.Count > 0 ? $" Did you mean {string.Join(", ", near)}?" : "")} forge check knows {OpTable.Entries.Count}: {string.Join(", ", OpTable.Entries.Select(e => e.Name))}.");
    }

    private static IReadOnlyList<DeviceDescription> DevicesOf(string wanted)
    {
        var devices = DeviceCatalogue.List();
        if (wanted != AllDevices) return [DeviceSelection.Choose([.. devices.Select(d => d.Description)], wanted)];
        foreach (var unfit in devices.Where(d => d.Limits is null)) Report.Warn($"{unfit.Description} is left out: {unfit.Problem}");
        var usable = devices.Where(d => d.Limits is not null).Select(d => d.Description).ToList();
        return usable.Count > 0 ? usable
            : throw new DeviceException("Forge can use none of the devices here; 'forge devices' says why.");
    }

    // Before an hour of checking, not after it.
    private static void MustBeWritable(string file)
    {
        if (Directory.Exists(file)) throw new DataException($"--report {file} is a folder. Name a file, such as {Path.Combine(file, "check.html")}.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(folder)) throw new DataException($"--report {file} cannot be written: there is no folder {folder}.");
        try
        {
            File.AppendAllText(file, "");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"--report {file} cannot be written: {folder} takes no file.", problem);
        }
    }

    private static IReadOnlyList<int>? ReadDraws(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var draws = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var draw))
            {
                result.AddError($"--draws is '{text}', but must be whole numbers from 0 to 2^31 - 1 with commas between, such as 3,0,1.");
                return null;
            }
            draws.Add(draw);
        }
        return draws;
    }
}

/// <summary>A device and what became of it.</summary>
/// <param name="Description">The device.</param>
/// <param name="Limits">What kernels may use on it.</param>
/// <param name="Rows">Each variant of each op under each setting.</param>
internal sealed record CheckedDevice(DeviceDescription Description, DeviceLimits Limits, IReadOnlyList<CheckRow> Rows)
{
    /// <summary>Variants of all ops, those that only narrower limits brought among them.</summary>
    public int Variants => Rows.GroupBy(r => r.Op).Sum(VariantsOf);

    /// <summary>Different variants among rows of one op; whole plans and what has no name are none.</summary>
    public static int VariantsOf(IEnumerable<CheckRow> rows) => rows.Select(r => r.Variant).Where(v => v.Contains('/', StringComparison.Ordinal)).Distinct().Count();
}
