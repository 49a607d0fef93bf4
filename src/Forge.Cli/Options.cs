using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Forge.Core;

namespace Forge.Cli;

/// <summary>The options that every command takes, and how option values are read.</summary>
internal static class Options
{
    public static Option<string?> Device { get; } = new("--device")
    {
        Description = "Device by index or part of its name; auto takes the best. FORGE_DEVICE sets it too.",
        HelpName = "NAME",
        Recursive = true,
    };

    public static Option<ulong?> Seed { get; } = new("--seed")
    {
        Description = "Decides every initial weight and random draw (default 1). FORGE_SEED sets it too.",
        HelpName = "N",
        Recursive = true,
        CustomParser = result => Read(result, "--seed", "a whole number from 0 to 2^64 - 1", SeedOf),
    };

    public static Option<string?> Out { get; } = new("--out")
    {
        Description = "Folder for what the command writes (training: runs/NAME, a new one each time).",
        HelpName = "FOLDER",
        Recursive = true,
    };

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON object a line on stdout; text for people goes to stderr.",
        Recursive = true,
    };

    public static Option<bool> Quiet { get; } = new("--quiet")
    {
        Description = "Print results, warnings and errors only.",
        Recursive = true,
    };

    /// <summary>Every option of every command.</summary>
    public static IReadOnlyList<Option> Everywhere { get; } = [Device, Seed, Out, Json, Quiet];

    /// <summary>A whole number, at least <paramref name="least"/>.</summary>
    public static Option<int?> Count(string name, string description, int least = 1) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => Read<int>(result, name, $"a whole number, at least {least}",
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number : null),
    };

    /// <summary>A number above zero.</summary>
    public static Option<double?> Positive(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result => Read<double>(result, name, "a number above 0, such as 0.001",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number) ? number : null),
    };

    /// <summary>A number from 0 to below 1.</summary>
    public static Option<double?> Fraction(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result => Read<double>(result, name, "a number from 0 to below 1, such as 0.5",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 1 ? number : null),
    };

    /// <summary>One of some words.</summary>
    public static Option<string?> Word(string name, string description, string? helpName = null, params IReadOnlyList<string> words) => new(name)
    {
        Description = description,
        HelpName = helpName ?? string.Join('|', words),
        CustomParser = result =>
        {
            if (words.Contains(result.Tokens[0].Value)) return result.Tokens[0].Value;
            result.AddError($"{name} is '{ForeignText.Shown(result.Tokens[0].Value)}'; it can be {string.Join(", ", words)}.");
            return null;
        },
    };

    /// <summary>Some of some words, with commas between.</summary>
    public static Option<IReadOnlyList<string>?> Words(string name, string description, IReadOnlyList<string> words) => new(name)
    {
        Description = $"{description} Of {string.Join(", ", words)}.",
        HelpName = "LIST",
        CustomParser = result =>
        {
            var chosen = result.Tokens[0].Value.Split(',');
            if (chosen.FirstOrDefault(c => !words.Contains(c)) is not { } wrong) return chosen;
            result.AddError($"{name} has '{ForeignText.Shown(wrong)}'; it can have {string.Join(", ", words)}, with commas between.");
            return null;
        },
    };

    /// <summary>In which type products multiply.</summary>
    public static Option<string?> Precision { get; } = Word("--precision", "In which type products and convolutions multiply (default strict32).", words: [.. Core.Precision.All.Select(p => p.Label)]);

    /// <summary>The seed: --seed, else FORGE_SEED, else 1.</summary>
    /// <exception cref="UsageException">FORGE_SEED is not a number.</exception>
    public static ulong SeedFrom(ParseResult parsed)
    {
        if (parsed.GetValue(Seed) is { } seed) return seed;
        if (Environment.GetEnvironmentVariable("FORGE_SEED") is not { Length: > 0 } text) return 1;
        return SeedOf(text) ?? throw new UsageException($"FORGE_SEED is '{text}', but must be a whole number from 0 to 2^64 - 1.");
    }

    private static ulong? SeedOf(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;

    private static T? Read<T>(ArgumentResult result, string name, string needed, Func<string, T?> read) where T : struct
    {
        var text = result.Tokens[0].Value;
        if (read(text) is { } value) return value;
        result.AddError($"{name} is '{ForeignText.Shown(text)}', but must be {needed}.");
        return null;
    }
}
