using System.Globalization;

namespace Forge.Models.Training;

/// <summary>One line of comma-separated numbers an epoch, under a header line (Keras's CSVLogger).</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class CsvLog : IDisposable
{
    private readonly LineFile _file;
    private readonly IReadOnlyList<string> _columns;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns after the first, which is always <c>epoch</c>.</param>
    /// <param name="resumeAfter">
    /// Null starts afresh. A number keeps the lines of an existing file up to that epoch, so a run that goes on from a checkpoint
    /// repeats no line. A file with other columns starts afresh.
    /// </param>
    /// <exception cref="Core.DataException">The file cannot be written.</exception>
    public CsvLog(string path, IReadOnlyList<string> columns, int? resumeAfter = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = columns;
        var header = string.Join(',', (string[])["epoch", .. columns.Select(Quoted)]);
        var (first, sameHeader) = (true, false);
        _file = new LineFile(path, resumeAfter is not { } last ? null : line =>
        {
            if (first)
            {
                first = false;
                return sameHeader = line == header;
            }
            return sameHeader && int.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch <= last;
        });
        if (_file.Kept == 0) _file.Append(header);
    }

    /// <summary>Adds an epoch's line; a column without a value stays empty.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="values">Values by column; others are left out.</param>
    public void Append(int epoch, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _file.Append(string.Join(',', (string[])[epoch.ToString(CultureInfo.InvariantCulture),
            .. _columns.Select(column => values.TryGetValue(column, out var value) ? value.ToString("R", CultureInfo.InvariantCulture) : "")]));
    }

    private static string Quoted(string name) => name.AsSpan().IndexOfAny(",\"\n\r") >= 0 ? $"\"{name.Replace("\"", "\"\"")}\"" : name;

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
