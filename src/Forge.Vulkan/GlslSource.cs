using Forge.Core;

namespace Forge.Vulkan;

/// <summary>A shader of the user's own: GLSL text, or the file that has it.</summary>
/// <remarks>
/// It may include the files of shaders/include by their names (<c>#include "math.glsl"</c>), and files of its own folder and the folders below;
/// nothing else is read, whatever a directive says.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GlslSource
{
    private readonly string? _text, _file, _folder;
    private (string Name, string Text, IReadOnlyList<(string Name, string Text)> Includes)? _read;

    private GlslSource(string? text, string? file, string? folder) => (_text, _file, _folder) = (text, file, folder);

    /// <summary>A shader written out in the program.</summary>
    /// <param name="text">The GLSL.</param>
    /// <param name="includes">The folder with files of the user's own that it includes; null for none.</param>
    public static GlslSource FromString(string text, string? includes = null) => new(text, null, includes is null ? null : Path.GetFullPath(includes));

    /// <summary>A shader in a file, read whenever a plan with it is made. What it includes lies in its folder or below.</summary>
    /// <param name="path">The file, from the current folder.</param>
    public static GlslSource FromFile(string path) => new(null, path, Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>A shader written out in the program, which includes nothing but Forge's own files.</summary>
    public static implicit operator GlslSource(string text) => FromString(text);

    /// <summary>A shader that was read before.</summary>
    internal static GlslSource AsRead(string name, string text, IReadOnlyList<(string Name, string Text)> includes) => new(text, null, null) { _read = (name, text, includes) };

    /// <summary>Its text, what messages call it, and the files of the user's own that it includes, directly or not.</summary>
    /// <param name="inline">What messages call a text that is in no file.</param>
    /// <exception cref="ShaderException">A file is not there or too large, or an include is outside the folder.</exception>
    internal (string Name, string Text, IReadOnlyList<(string Name, string Text)> Includes) Read(string inline)
    {
        if (_read is { } known)
            return known;
        var name = _file ?? inline;
        var text = _text ?? ReadFile(_file!, name);
        var (includes, seen) = (new List<(string Name, string Text)>(), new HashSet<string>(StringComparer.Ordinal));
        Visit(name, text);
        return (name, text, includes);

        // No deeper than there are files, and no file under a second name: an include that includes itself as ./itself ends.
        void Visit(string from, string source)
        {
            foreach (var (line, included) in ShaderSource.Directives(source))
            {
                if (!seen.Add(included) || Own(included, $"{from}:{line}") is not { } path)
                    continue;
                if (includes.Count >= InputLimits.Current.GlslFiles)
                    throw new ShaderException($"{from}:{line}: #include \"{ForeignText.Shown(included)}\" is one more than the {InputLimits.Current.GlslFiles} files that a kernel may include. Join some, or raise glsl-files in {InputLimits.Switch}.");
                var found = ReadFile(path, $"{from}:{line}");
                includes.Add((included, found));
                Visit(included, found);
            }
        }
    }

    // Null where the name is one of Forge's files, or of none: then the compiler names file and line.
    private string? Own(string included, string at)
    {
        var shown = ForeignText.Shown(included);
        var parts = included.Split('/', '\\');
        if (Path.IsPathRooted(included) || parts.Contains(".."))
            throw new ShaderException($"{at}: #include \"{shown}\" leaves the kernel's folder{(_folder is null ? "" : " " + _folder)}. A kernel includes Forge's files by name, and files of its own folder and below.");
        if (parts.Any(part => part is "" or "." || part.Length > 255) || included.Length > 1000 || included.Any(char.IsControl))
            throw new ShaderException($"{at}: #include \"{shown}\" is no name of a file. Write folders and file with one / between, without dots before.");
        var isForges = ShaderSource.Default.Find("include/" + included) is not null;
        if (_folder is null)
            return null;
        var path = _folder;
        foreach (var part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null)
                throw new ShaderException($"{at}: #include \"{shown}\": {path} is a link, which may leave the kernel's folder {_folder}. Put the file itself there.");
        }
        if (!File.Exists(path))
            return null;
        return !isForges ? path
            : throw new ShaderException($"{at}: #include \"{shown}\" is one of Forge's own files, and {path} has the same name. Give yours another.");
    }

    private static string ReadFile(string path, string at)
    {
        try
        {
            // Far past any kernel: a device file or a data file given by mistake is not read to its end, and a pipe is not waited for.
            var most = InputLimits.Current.GlslCharacters;
            using var file = InputFile.Open(path);
            using var reader = new StreamReader(file);
            var text = new char[Math.Min(most, file.Length) + 1];
            var length = reader.ReadBlock(text);
            return length <= most ? new string(text, 0, length) : throw new ShaderException($"{at}: {path} is larger than {most:N0} characters: no kernel. The limit is glsl-characters of {InputLimits.Switch}.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ShaderException($"{at}: {path} cannot be read: {problem.Message}");
        }
    }
}
