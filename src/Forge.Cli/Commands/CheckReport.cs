using System.Globalization;
using System.Text.Json;
using Forge.Core;
using Forge.Vulkan;
using Forge.Vulkan.Checking;

namespace Forge.Cli.Commands;

/// <summary>Tells people and programs what <c>forge check</c> finds, op by op.</summary>
/// <param name="invocation">Where words go.</param>
/// <param name="scope">What is checked.</param>
internal sealed class CheckReport(Invocation invocation, CheckScope scope)
{
    private readonly List<string> _problems = [];
    private Report Report => invocation.Report;

    /// <summary>Failures so far.</summary>
    public int Failures => _problems.Count;

    /// <summary>What became of each op's derivatives.</summary>
    public IReadOnlyList<DerivativeRow> DerivativeRows { get; private set; } = [];

    /// <summary>Checks derivatives, which no device takes part in, and tells of each op's.</summary>
    public void Derivatives(OpChecker checker, IReadOnlyList<OpEntry> ops)
    {
        Report.Say("Derivatives of the fp64 references: the VJP against differences, its adjoint, second derivatives");
        var rows = new List<DerivativeRow>();
        DerivativeRows = rows;
        foreach (var op in ops)
        {
            var row = checker.Derivatives(op, invocation.Interruption.Token);
            rows.Add(row);
            if (row.Problem is not null)
                Fail($"{row.Op}, on the host: {row.Problem} Smallest case: {row.Shapes}", $"{row.Replay(scope.Seed)} --under derivatives");
            Report.Event("derivatives", writer =>
            {
                writer.WriteString("op", row.Op);
                writer.WriteNumber("cases", row.Cases);
                Relative(writer, "vjp", row.Worst?.Vjp);
                Relative(writer, "adjoint", row.Worst?.Adjoint);
                Relative(writer, "second", row.Worst?.OfSecond);
                writer.WriteString("verdict", row.Problem is null ? "right" : "wrong");
                writer.WriteString("message", row.Problem);
                writer.WriteString("replay", $"./forge check {row.Replay(scope.Seed)} --under derivatives");
            });
        }
        Report.Say(rows.All(r => r.Cases == 0) ? "  none of these ops has a gradient" : string.Create(CultureInfo.InvariantCulture, $"  {rows.Count(r => r.Cases > 0)} ops have gradients, {rows.Sum(r => r.Cases)} cases; largest gaps: VJP {rows.Max(r => r.Worst?.Vjp ?? 0):0.0E+0}, adjoint {rows.Max(r => r.Worst?.Adjoint ?? 0):0.0E+0}, second {rows.Max(r => r.Worst?.OfSecond ?? 0):0.0E+0}"));
    }

    /// <summary>Starts a device's table.</summary>
    public void Begin(DeviceDescription device) =>
        Report.Say($"{"op",-28} {"variants",8} {"runs",7}  {"worst/allowed",14}  of which, and to see it again: ./forge check --device {device.Index} ...");

    /// <summary>Tells of one op.</summary>
    public void Tell(DeviceDescription device, string op, IReadOnlyList<CheckRow> rows)
    {
        foreach (var row in rows) Event(device, row);
        foreach (var row in rows.Where(r => r.Failure is not null))
        {
            var (answer, draws) = (row.Failure!.Answer, row.Failure.Draws);
            Fail($"{op} {row.Variant}{(row.Under is null ? "" : $", {CheckSettings.Words(row.Under)}")} is {answer.Verdict.ToString().ToUpperInvariant()} on {device}: {answer.Message} "
                + $"Smallest case: {answer.Shapes}{(row.IsQuarantined ? ". It is quarantined there: no plan runs it until its shader changes" : "")}", Replay(device, row));
        }
        if (rows.Count == 0)
        {
            Report.Say($"{op,-28} {"-",8} {0,7}  {"",14}  nothing to run on a device");
            return;
        }
        var worst = rows.MaxBy(r => r.OfAllowed)!;
        Report.Say(string.Create(CultureInfo.InvariantCulture,
            $"{op,-28} {CheckedDevice.VariantsOf(rows),8} {rows.Sum(r => r.Cases),7}  {Share(worst),14}  {worst.Worst?.Shapes}: {worst.Replay(scope.Seed, scope.Draws)}"));
    }

    /// <summary>Ends the report: ops by devices, then what failed.</summary>
    public void Finish(IReadOnlyList<CheckedDevice> devices, TimeSpan took)
    {
        if (devices.Count > 1)
        {
            var table = new TextTable(["op", .. devices.Select(d => $" {d.Description.Index}: {d.Description.DriverName}")]);
            foreach (var op in devices.SelectMany(d => d.Rows.Select(r => r.Op)).Distinct())
                table.Add([op, .. devices.Select(d => d.Rows.Where(r => r.Op == op).MaxBy(r => r.OfAllowed) is { } worst ? Share(worst) : "-")]);
            Report.Say("\nThe worst error by what is allowed:");
            foreach (var line in table.Lines()) Report.Say(line);
        }
        foreach (var problem in _problems) Report.Result(problem);
        var (cases, variants) = (devices.Sum(d => d.Rows.Sum(r => r.Cases)), devices.Sum(d => d.Variants));
        var ops = devices.SelectMany(d => d.Rows.Select(r => r.Op)).Concat(DerivativeRows.Select(r => r.Op)).Distinct().Count();
        Report.Result(string.Create(CultureInfo.InvariantCulture,
            $"{(Failures == 0 ? "All right" : Failures == 1 ? "1 failure" : $"{Failures} failures")}: {Count(ops, "op")}, {Count(variants, "variant")}, {Count(devices.Count, "device")}, {Count(cases, "case")} on {(devices.Count == 1 ? "it" : "them")}, {DerivativeRows.Sum(r => r.Cases)} of derivatives, {took.TotalSeconds:0} s."));
        Report.Event("done", writer =>
        {
            writer.WriteNumber("ops", ops);
            writer.WriteNumber("variants", variants);
            writer.WriteNumber("devices", devices.Count);
            writer.WriteNumber("cases", cases);
            writer.WriteNumber("failures", Failures);
            writer.WriteNumberOrNull("seconds", took.TotalSeconds, 1);
        });
    }

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    /// <summary>An error as it is printed: units of what is allowed.</summary>
    public static string Share(CheckRow row) => row switch
    {
        { Failure.Answer.Verdict: var verdict } => verdict.ToString().ToUpperInvariant(),
        { Worst: { Allowed: > 0 } worst } => string.Create(CultureInfo.InvariantCulture, $"{worst.Worst:0.0} of {worst.Allowed:0}"),
        _ => "exact",
    };

    private string Replay(DeviceDescription device, CheckRow row) => $"--device {device.Index} {row.Replay(scope.Seed, scope.Draws)}";

    private void Fail(string problem, string replay) => _problems.Add($"{problem}\n  Replay: ./forge check {replay}");

    private void Event(DeviceDescription device, CheckRow row) => Report.Event("check", writer =>
    {
        var worst = row.Failure?.Answer ?? row.Worst!;
        writer.WriteString("op", row.Op);
        writer.WriteNumber("device", device.Index);
        writer.WriteString("driver", $"{device.DriverName} {device.DriverDetail}".TrimEnd());
        writer.WriteString("variant", row.Variant);
        writer.WriteString("under", row.Under);
        writer.WriteNumber("cases", row.Cases);
        writer.WriteNumberOrNull("worst", worst.Worst, 3);
        writer.WriteNumberOrNull("normalised", worst.Normalised, 3);
        writer.WriteNumberOrNull("allowed", worst.Allowed, 3);
        writer.WriteString("shapes", worst.Shapes);
        writer.WriteString("verdict", worst.Verdict.ToString().ToLowerInvariant());
        writer.WriteString("message", row.Failure is null ? null : worst.Message);
        writer.WriteBoolean("quarantined", row.IsQuarantined);
        writer.WriteString("replay", $"./forge check {Replay(device, row)}");
    });

    // These are small: digits after the point say nothing.
    private static void Relative(Utf8JsonWriter writer, string name, double? gap)
    {
        if (gap is { } number && double.IsFinite(number)) writer.WriteNumber(name, double.Parse(number.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        else writer.WriteNull(name);
    }
}
