using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Forge.Cli.Measuring;
using Forge.Core;

namespace Forge.Cli.Commands;

/// <summary><c>forge bench compare</c>: Forge and other frameworks' programs in turn, on the same work.</summary>
internal static class BenchCompare
{
    private const int DefaultRounds = 3;

    private static readonly Option<IReadOnlyList<string>?> Only = Options.Words("--only", "Workloads, with commas between.", [.. ComparedWorkload.All.Select(w => w.Name)]);
    private static readonly Option<IReadOnlyList<string>?> Peers = Options.Words("--peers", "Peers, with commas between.", [.. PeerContestants.Names, "none"]);
    private static readonly Option<IReadOnlyList<string>?> Drivers = Options.Words("--drivers", "Other software drivers to run Forge on.", [.. ForgeContestants.OtherDrivers, "none"]);
    private static readonly Option<string?> TorchDevice = Options.Word("--torch-device", "What PyTorch computes on (default cpu).", words: ["cpu", "cuda"]);
    private static readonly Option<int?> Rounds = Options.Count("--rounds", $"Rounds, everybody once in each (default {DefaultRounds}).");
    private static readonly Option<string?> Markdown = new("--markdown") { Description = "Write the tables into a file.", HelpName = "FILE" };
    private static readonly Option<string?> JsonFile = new("--result") { Description = "Write everything, each round included, into a JSON file.", HelpName = "FILE" };
    private static readonly Option<string?> KeptIn = HistoryOption.Build("The folder whose history gets the results (default bench/history).");

    public static Command Build() => new Command("compare", "Compare Forge with other frameworks on this machine.") { Only, Peers, Drivers, TorchDevice, Rounds, Markdown, JsonFile, KeptIn }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var (report, load, date) = (invocation.Report, Machine.Load(), DateTimeOffset.UtcNow);
        var only = invocation.Get(Only) ?? ComparedWorkload.Default;
        var (contestants, missing) = Contestants(invocation);
        foreach (var line in missing) report.Say("Not compared: " + line);
        if (load > ComparisonReport.BusyLoad) Report.Warn($"the machine is busy (load {load:0.0}): the ratios of this comparison mean more than its times.");
        var results = Comparison.Run([.. ComparedWorkload.All.Where(w => only.Contains(w.Name))], contestants, invocation.Get(Rounds) ?? DefaultRounds,
            (round, workload, contestant, timing, failure) => Tell(report, round, workload, contestant, timing, failure), invocation.Interruption.Token);
        var comparison = new ComparisonReport(date, invocation.Get(Rounds) ?? DefaultRounds, load, results, missing);
        report.Result("\n" + comparison.Markdown());
        foreach (var result in results) report.Event("comparison", writer => ComparisonReport.WriteMembers(writer, result));
        if (invocation.Get(Markdown) is { } markdown) Write(markdown, Encoding.UTF8.GetBytes(comparison.Markdown()));
        if (invocation.Get(JsonFile) is { } file) Write(file, Json(comparison));
        var history = HistoryOption.Of(invocation, KeptIn) ?? new(Places.History);
        foreach (var entry in comparison.Entries) history.Keep(entry);
        // A peer that fails is its own affair; Forge must have run.
        return results.FirstOrDefault(r => r.Own.Failure is not null) is { } failed
            ? throw new ForgeException($"forge failed on {failed.Workload.Name}: {failed.Own.Failure}") : ExitCode.Success;
    }

    private static (IReadOnlyList<Contestant> Contestants, IReadOnlyList<string> Missing) Contestants(Invocation invocation)
    {
        var device = invocation.Get(Options.Device);
        var (contestants, missing) = (new List<Contestant> { ForgeContestants.Own(device) }, new List<string>());
        foreach (var peer in (invocation.Get(Peers) ?? PeerContestants.Names).Where(p => p != "none"))
        {
            contestants.AddRange(PeerContestants.Of(peer, invocation.Get(TorchDevice) ?? "cpu", out var why));
            if (why is not null) missing.Add(why);
        }
        // Drivers nobody asked for are no loss where they are absent.
        foreach (var driver in (invocation.Get(Drivers) ?? ForgeContestants.OtherDrivers).Where(d => d != "none"))
            if (ForgeContestants.On(driver) is { } other) contestants.Add(other);
            else if (invocation.Get(Drivers) is not null) missing.Add($"forge on {driver}: that driver is not in Forge's data folder. './forge test{(driver == "mesa22" ? " --all" : "")}' unpacks it.");
        return (contestants, missing);
    }

    private static void Tell(Report report, int round, ComparedWorkload workload, Contestant contestant, Timing? timing, string? failure) =>
        report.Say(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}  {workload.Name,-9}  {contestant.Name,-20}  {(timing is null ? "failed: " + failure : $"{timing.Ms:0.00} ms ({timing.MsMin:0.00} to {timing.MsMax:0.00})")}"));

    private static byte[] Json(ComparisonReport comparison)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            comparison.Write(writer);
            writer.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void Write(string path, byte[] bytes)
    {
        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the comparison could not be written ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
