using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Forge.Core;

namespace Forge.Cli.Measuring;

/// <summary>A folder of measurements: a file of JSON lines for each kind of workload, only ever appended to.</summary>
/// <param name="folder">The folder.</param>
internal sealed class History(string folder)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>The file of a workload: named by its first word, so that all shapes of an op share one.</summary>
    public string FileOf(string workload) => Path.Combine(Folder, string.Concat(workload.Split(' ')[0].Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')) + ".jsonl");

    /// <summary>Appends a line. One process writes at a time: "append" means the end that was seen when the file was opened, so two at once would write over each other.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="DataException">It cannot be written.</exception>
    public string Append(HistoryEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            entry.Write(writer);
            writer.WriteEndObject();
        }
        buffer.Write("\n"u8);
        var path = FileOf(entry.Workload);
        try
        {
            Directory.CreateDirectory(Folder);
            using var file = Open(path, FileMode.Append, FileAccess.Write, FileShare.None);
            file.Write(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the measurement could not be kept ({e.Message.TrimEnd('.')}). Choose another folder with --history.", e);
        }
        return path;
    }

    /// <summary>Reads every line, oldest first.</summary>
    /// <param name="damaged">Is told of each line that is no measurement: its file and number.</param>
    /// <exception cref="DataException">There is no such folder, or it holds no measurement.</exception>
    public IReadOnlyList<HistoryEntry> Read(Action<string> damaged)
    {
        if (!Directory.Exists(Folder)) throw new DataException($"{Folder}: no measurements yet. 'forge bench compare' or 'forge bench step --history' begins them.");
        var entries = new List<HistoryEntry>();
        foreach (var file in Directory.EnumerateFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            var number = 0;
            using var reader = new StreamReader(InputFile.LengthOf(file) == 0 ? Stream.Null : Open(file, FileMode.Open, FileAccess.Read, FileShare.Read));
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (string.IsNullOrWhiteSpace(line)) continue;
                if (HistoryEntry.Read(line) is { } entry) entries.Add(entry);
                else damaged($"{file}, line {number}");
            }
        }
        return entries.Count > 0 ? [.. entries.OrderBy(e => e.Date)] : throw new DataException($"{Folder} holds no measurement.");
    }

    // Who has the file is waited for.
    private static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
            try
            {
                return new FileStream(path, mode, access, share, bufferSize: 4096);
            }
            catch (IOException e) when (e.GetType() == typeof(IOException) && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                Thread.Sleep(5);
            }
    }
}
