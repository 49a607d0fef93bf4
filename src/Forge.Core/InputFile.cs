using System.Text;

namespace Forge.Core;

/// <summary>Opens files that strangers may have written.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class InputFile
{
    /// <summary>Opens a file for reading, once, from its start to its end.</summary>
    /// <param name="path">The file. A link is followed.</param>
    /// <param name="mostBytes">The longest that is taken; null for no limit.</param>
    /// <param name="limit">The name of that limit in FORGE_LIMITS.</param>
    /// <returns>The file; where it has no bytes, or is a pipe or a device, which report none and might never end, an empty stream.</returns>
    /// <exception cref="IOException">It is not there, cannot be read, or is too long; the message says which, for others to wrap.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Stream Open(string path, long? mostBytes = null, string? limit = null)
    {
        var length = LengthOf(path);
        if (length > mostBytes) throw new IOException($"it has {length} bytes, over the limit of {mostBytes}; {limit} of {InputLimits.Switch} raises it");
        return length == 0 ? Stream.Null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
    }

    /// <summary>The text of a file in UTF-8, within the limit of texts.</summary>
    /// <exception cref="IOException">As for <see cref="Open"/>.</exception>
    public static string ReadText(string path)
    {
        using var reader = new StreamReader(OpenText(path), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Opens a file within the limit of texts.</summary>
    /// <exception cref="IOException">As for <see cref="Open"/>.</exception>
    public static Stream OpenText(string path) => Open(path, InputLimits.Current.TextBytes, "text-bytes");

    /// <summary>How long a file is, without opening it; 0 of a pipe or a device.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static long LengthOf(string path)
    {
        // The length of a link would be that of its words.
        var file = new FileInfo(path);
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
        return file.Length;
    }
}
