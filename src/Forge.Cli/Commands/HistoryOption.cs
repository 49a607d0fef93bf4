using System.CommandLine;
using Forge.Cli.Measuring;

namespace Forge.Cli.Commands;

/// <summary><c>--history [FOLDER]</c>: whether and where a measurement is kept.</summary>
internal static class HistoryOption
{
    public static Option<string?> Build(string description) => new("--history") { Description = description, HelpName = "FOLDER", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The history asked for; null where none was.</summary>
    public static History? Of(Invocation invocation, Option<string?> option) =>
        invocation.Parsed.GetResult(option) is null ? null : new(invocation.Get(option) is { Length: > 0 } folder ? folder : Places.History);

    /// <summary>Appends a measurement and says where.</summary>
    public static void Keep(this History history, HistoryEntry entry) => Console.Error.WriteLine($"Kept in {Path.GetRelativePath(Directory.GetCurrentDirectory(), history.Append(entry))}");
}
