using System.Text;
using Forge.Core;

namespace Forge.Models.Training;

/// <summary>A text file that grows by whole lines, each on its way to the disk when the call returns.</summary>
/// <remarks>Opening an existing file drops a last line without an end (its writer was killed) and whatever the caller no longer wants.</remarks>
internal sealed class LineFile : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly FileStream _file;
    private readonly string _path;

    /// <summary>Opens or creates a file.</summary>
    /// <param name="path">The file; its folder is created where needed.</param>
    /// <param name="keep">Which whole lines of an existing file stay; null starts afresh.</param>
    internal LineFile(string path, Func<string, bool>? keep)
    {
        _path = path;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            // What is written would go to wherever somebody had it lead.
            if (new FileInfo(path).LinkTarget is { } target) throw new DataException($"{path}: the log is a link to {target}. Remove the link, or choose another folder with --out.");
            if (keep is not null && File.Exists(path)) Kept = Tidy(path, keep);
            _file = new FileStream(path, keep is null ? FileMode.Create : FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the log cannot be opened ({e.Message.TrimEnd('.')}). Choose another folder with --out.", e);
        }
    }

    /// <summary>How many lines were there and stayed.</summary>
    internal int Kept { get; }

    private static int Tidy(string path, Func<string, bool> keep)
    {
        var text = InputFile.ReadText(path);
        var kept = new StringBuilder();
        var count = 0;
        for (var start = 0; text.IndexOf('\n', start) is >= 0 and var end; start = end + 1)
        {
            if (!keep(text[start..end].TrimEnd('\r'))) continue;
            kept.Append(text, start, end + 1 - start);
            count++;
        }
        if (kept.Length != text.Length) Checkpoints.AtomicFile.Write(path, stream => stream.Write(Utf8.GetBytes(kept.ToString())));
        return count;
    }

    internal void Append(string line)
    {
        try
        {
            _file.Write(Utf8.GetBytes(line + "\n"));
            _file.Flush();
        }
        catch (IOException e)
        {
            throw new DataException($"{_path}: the log cannot be written ({e.Message.TrimEnd('.')}). Free space or choose another folder with --out.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
