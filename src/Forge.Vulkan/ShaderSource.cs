using System.Text.RegularExpressions;

namespace Forge.Vulkan;

/// <summary>Where shaders' texts come from: the assembly, or the folder FORGE_SHADERS, so that a kernel can be edited without a build.</summary>
internal sealed partial class ShaderSource
{
    private readonly string? _folder;

    /// <summary>Reads from <paramref name="folder"/>; null means what is built in.</summary>
    public ShaderSource(string? folder = null) => _folder = folder;

    /// <summary>The source that FORGE_SHADERS chooses.</summary>
    public static ShaderSource Default { get; } = new(Environment.GetEnvironmentVariable("FORGE_SHADERS") is { Length: > 0 } folder ? folder : null);

    /// <summary>The text of a shader, for example <c>MaxPool2D.comp</c>, or null where there is none.</summary>
    public string? Find(string name)
    {
        if (_folder is not null)
        {
            // A directive in somebody's kernel must not read outside.
            var path = Path.Combine(_folder, name);
            if (Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
                return null;
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        using var stream = typeof(ShaderSource).Assembly.GetManifestResourceStream("shaders/" + name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The text of a shader.</summary>
    /// <exception cref="ShaderException">There is none of that name.</exception>
    public string Read(string name) =>
        Find(name) ?? throw new ShaderException($"There is no shader {name} in {_folder ?? "the assembly"}. A kernel's shader is shaders/STEM.comp, STEM.lane.comp, STEM.tiled.comp or STEM.coopmat.comp.");

    /// <summary>Every file that <paramref name="text"/> includes, directly or not, by the name in its directive.</summary>
    /// <param name="text">A shader's text.</param>
    /// <param name="given">Texts that come from the caller and not from a file.</param>
    /// <remarks>Directives inside comments and conditions count too; a file that is not found is left to the compiler to report.</remarks>
    public SortedDictionary<string, string> Includes(string text, IReadOnlyList<(string Name, string Text)> given)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Visit(text);
        return found;

        void Visit(string source)
        {
            foreach (var (_, name) in Directives(source))
            {
                if (found.ContainsKey(name))
                    continue;
                var included = given.FirstOrDefault(g => g.Name == name).Text ?? Find("include/" + name) ?? Find(name);
                if (included is null)
                    continue;
                found[name] = included;
                Visit(included);
            }
        }
    }

    /// <summary>The include directives of a text, with their lines from 1 on.</summary>
    public static IEnumerable<(int Line, string Name)> Directives(string text) =>
        IncludeDirective().Matches(text).Select(m => (1 + text.AsSpan(0, m.Groups[1].Index).Count('\n'), m.Groups[1].Value));

    [GeneratedRegex(@"^[ \t]*#[ \t]*include[ \t]+""([^""\n]+)""", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex IncludeDirective();
}
