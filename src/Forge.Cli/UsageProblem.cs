using System.CommandLine;
using System.CommandLine.Parsing;
using Forge.Core;

namespace Forge.Cli;

/// <summary>Explains a command line that cannot be parsed, with what would have been valid.</summary>
internal static class UsageProblem
{
    /// <summary>What is wrong, as an error.</summary>
    public static UsageException Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = NameOf(parsed.CommandResult);
        // A mistyped option is taken for an argument where a command has some; it is still what went wrong.
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens.Select(t => t.Value));
        var unknown = parsed.UnmatchedTokens.Concat(arguments).FirstOrDefault(LooksLikeOption) ?? (parsed.UnmatchedTokens is [var surplus, ..] ? surplus : null);
        var problem = unknown is not null ? Unknown(parsed.CommandResult, name, unknown)
            : command.Subcommands.Count > 0 ? $"'{name}' needs a command: {List(Commands(command))}."
            : string.Join('\n', parsed.Errors.Select(e => ForeignText.Shown(e.Message, 500)).Distinct().Take(5));
        return new($"{problem}\nSee '{name} --help'.");
    }

    /// <summary>Refuses words that look like options where files are expected.</summary>
    public static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(t => LooksLikeOption(t.Value)) is not { } token) return;
        var command = (CommandResult)result.Parent!;
        result.AddError(Unknown(command, NameOf(command), token.Value));
    }

    /// <summary>Makes a command and those below it refuse empty text: a variable that a script did not set, most likely.</summary>
    public static void RefuseEmptyText(Command command)
    {
        foreach (var option in command.Options)
            option.Validators.Add(result => RefuseEmpty(result, option.Name, result.Tokens));
        foreach (var argument in command.Arguments)
            argument.Validators.Add(result => RefuseEmpty(result, argument.Name, result.Tokens));
        foreach (var below in command.Subcommands) RefuseEmptyText(below);
    }

    private static void RefuseEmpty(SymbolResult result, string name, IReadOnlyList<Token> tokens)
    {
        if (tokens.Any(t => t.Value.Length == 0)) result.AddError($"{name} is empty. Give it a value, or leave it out.");
    }

    private static bool LooksLikeOption(string word) => word.Length > 1 && word[0] == '-';

    private static string Unknown(CommandResult result, string name, string word)
    {
        var isOption = word.StartsWith('-');
        var known = isOption ? OptionsOf(result) : Commands(result.Command);
        if (known.Count == 0) return $"'{name}' takes no argument '{ForeignText.Shown(word)}'.";
        var typed = ForeignText.Shown(isOption ? word.Split('=')[0] : word);
        var nearest = known.MinBy(k => Distance(k, typed))!;
        var guess = Distance(nearest, typed) <= 1 + typed.Length / 4 ? $" Did you mean {nearest}?" : "";
        return isOption
            ? $"'{name}' has no option {typed}.{guess}\nIts options: {List(known)}.{(result.Command.Arguments.Count > 0 ? $" A file of that name is written ./{ForeignText.Shown(word)}" : "")}"
            : $"'{name}' has no command '{typed}'.{guess}\nIts commands: {List(known)}.";
    }

    private static List<string> Commands(Command command) => [.. command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];

    private static List<string> OptionsOf(CommandResult result)
    {
        var names = result.Command.Options.Where(o => !o.Hidden).Select(o => o.Name).ToList();
        for (var above = result.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
            names.AddRange(above.Command.Options.Where(o => o.Recursive && !o.Hidden).Select(o => o.Name));
        return [.. names.Distinct()];
    }

    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult above ? $"{NameOf(above)} {result.Command.Name}" : "forge";

    private static string List(IEnumerable<string> names) => string.Join(", ", names);

    /// <summary>Known words that a word may have been meant for: those that contain it or are a few letters away, the nearest first; five at most.</summary>
    public static IReadOnlyList<string> Near(string word, IEnumerable<string> known)
    {
        var lower = word.ToLowerInvariant();
        return [.. known.Select(k => (Word: k, Distance: Distance(k.ToLowerInvariant(), lower), Contains: k.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .Where(k => k.Contains || k.Distance <= 1 + word.Length / 4).OrderBy(k => k.Distance).Take(5).Select(k => k.Word)];
    }

    // Levenshtein's: letters to insert, remove or change.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }
}
