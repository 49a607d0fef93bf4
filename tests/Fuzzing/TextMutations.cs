using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Forge.Fuzzing;

/// <summary>Damages text of names, numbers and brackets, JSON above all, a word at a time: most results are still well-formed.</summary>
internal static partial class TextMutations
{
    private static readonly string[] s_numbers =
    [
        "0", "1", "-1", "2", "0.5", "-0", "1e3", "255", "256", "65535", "65536", "16777216", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "9007199254740993",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e308", "1e999", "-1e999", "1e-999", "NaN", "null", "true", "\"1\"", "[]", "{}", "01", "1.", "00000000000000000000000000001",
    ];

    private static readonly string[] s_words =
    [
        "", "\\u0000", "\\u001b[2J", "\\ud800", "\\udc00\\ud800", "\\n", "..", "../../../etc/passwd", "/etc/passwd", "/dev/zero", "C:\\\\windows", "a/../../b", "%s%n", "{0}", "é", "\\uFFFF", "name", "__metadata__", "null", " ", "-", "--", "NaN",
    ];

    private static readonly string[] s_values = ["null", "true", "false", "0", "-1", "1e400", "\"\"", "\"x\"", "[]", "{}", "[null]", "[[]]", "{\"a\":null}", "[1,2,3]"];

    /// <summary>An edit of text, as an edit of bytes in UTF-8.</summary>
    public static Mutation OfBytes { get; } = (random, input, other) => Encoding.UTF8.GetBytes(Edit(random, Encoding.UTF8.GetString(input), Encoding.UTF8.GetString(other)));

    /// <summary>Text with one to four edits.</summary>
    public static string Edit(Random random, string text, string other)
    {
        for (var i = random.Next(4) == 0 ? random.Next(2, 5) : 1; i > 0; i--) text = EditOnce(random, text, other);
        return text;
    }

    private static string EditOnce(Random random, string text, string other)
    {
        var (numbers, strings) = (Numbers().Matches(text), Strings().Matches(text));
        switch (random.Next(11))
        {
            case 0 or 1 when numbers.Count > 0: return Replace(text, numbers[random.Next(numbers.Count)], OneOf(random, s_numbers));
            case 2 when numbers.Count > 0:
                var number = numbers[random.Next(numbers.Count)];
                return long.TryParse(number.Value, CultureInfo.InvariantCulture, out var value) ? Replace(text, number, unchecked(value + random.Next(-9, 10)).ToString(CultureInfo.InvariantCulture)) : Replace(text, number, "1");
            case 3 when strings.Count > 0: return Replace(text, strings[random.Next(strings.Count)], $"\"{OneOf(random, s_words)}\"");
            case 4 when strings.Count > 1: // a name or value twice, or in another's place
                return Replace(text, strings[random.Next(strings.Count)], strings[random.Next(strings.Count)].Value);
            case 5 when strings.Count > 0: // very long
                return Replace(text, strings[random.Next(strings.Count)], $"\"{new string('x', 1 << random.Next(6, 17))}\"");
            case 6:
                var values = Values().Matches(text);
                return values.Count == 0 ? text + OneOf(random, s_values) : Replace(text, values[random.Next(values.Count)], OneOf(random, s_values));
            case 7: // deep
                var (at, depth) = (random.Next(text.Length + 1), 1 << random.Next(1, 15));
                return text[..at] + (random.Next(2) == 0 ? new string('[', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth))) + text[at..];
            case 8: // a part once more, or without it
                var start = random.Next(text.Length + 1);
                var length = random.Next(Math.Min(text.Length - start, 80) + 1);
                return random.Next(2) == 0 ? text.Remove(start, length) : text.Insert(start, text.Substring(start, length));
            case 9: return text[..random.Next(text.Length + 1)] + other[random.Next(other.Length + 1)..];
            default:
                var place = random.Next(text.Length + 1);
                return text.Insert(place, OneOf(random, ["\0", "\u001b", "\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\r", "\u2028", "\uFEFF", " ", "-", "9", "/", "."]));
        }
    }

    /// <summary>One of some.</summary>
    public static T OneOf<T>(Random random, IReadOnlyList<T> some) => some[random.Next(some.Count)];

    private static string Replace(string text, Match match, string by) => string.Concat(text.AsSpan(0, match.Index), by, text.AsSpan(match.Index + match.Length));

    [GeneratedRegex(@"-?\d+(\.\d+)?([eE][+-]?\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex("\"[^\"\\\\]*\"")]
    private static partial Regex Strings();

    // What stands after a colon, a comma or a bracket, up to the next.
    [GeneratedRegex(@"(?<=[:,\[])[^:,\[\]{}]+(?=[,\]}])")]
    private static partial Regex Values();
}
