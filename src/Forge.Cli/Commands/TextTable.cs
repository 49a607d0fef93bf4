namespace Forge.Cli.Commands;

/// <summary>Rows of text under headings, each column as wide as its widest cell.</summary>
/// <param name="headings">The headings; one that starts with a space is over numbers, which stand to the right.</param>
internal sealed class TextTable(params IReadOnlyList<string> headings)
{
    private readonly List<IReadOnlyList<string>> _rows = [];

    /// <summary>Adds a row of as many cells as there are headings.</summary>
    public void Add(params IReadOnlyList<string> cells)
    {
        if (cells.Count != headings.Count) throw new ArgumentException($"{cells.Count} cells under {headings.Count} headings.", nameof(cells));
        _rows.Add(cells);
    }

    /// <summary>The lines, headings first.</summary>
    public IEnumerable<string> Lines()
    {
        var widths = headings.Select((heading, column) => _rows.Select(r => r[column].Length).Append(heading.TrimStart().Length).Max()).ToArray();
        foreach (var row in _rows.Prepend([.. headings.Select(h => h.TrimStart())]))
            yield return string.Join("  ", row.Select((cell, column) => headings[column].StartsWith(' ') ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd();
    }
}
