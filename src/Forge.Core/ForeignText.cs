using System.Globalization;
using System.Text;

namespace Forge.Core;

/// <summary>Text that came with a file, as messages show it: a terminal obeys control characters, and a name can have a million letters.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class ForeignText
{
    /// <summary>Characters of a name that are shown.</summary>
    public const int ShownCharacters = 100;

    /// <summary>The text with what a terminal would obey written as numbers, such as ␛ as \u001B; line ends and tabs stay.</summary>
    public static string Visible(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(IsObeyed)) return text;
        var visible = new StringBuilder(text.Length + 16);
        foreach (var c in text)
            if (IsObeyed(c)) visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else visible.Append(c);
        return visible.ToString();
    }

    /// <summary>As <see cref="Visible"/>, on one line and cut where it is long.</summary>
    /// <param name="text">A name, a value, or what a parser says of it.</param>
    /// <param name="most">Characters that are shown.</param>
    public static string Shown(string? text, int most = ShownCharacters)
    {
        text ??= "null";
        return Visible(text.Length <= most ? text : text[..most] + "…").ReplaceLineEndings(" ");
    }

    // Control characters, and those that turn the direction of writing round.
    private static bool IsObeyed(char c) => char.IsControl(c) && c is not ('\n' or '\t') || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';
}
