namespace Forge.Vulkan.Tuning;

/// <summary>The shader files that a variant is made of, in a folder where they can be edited.</summary>
internal sealed class ShaderFiles
{
    private readonly string _folder;
    private readonly IReadOnlyList<string> _shaders;
    private Dictionary<string, string> _texts;

    /// <summary>The files of these shaders, and all they include.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shaders">The shaders' names.</param>
    public ShaderFiles(string folder, IReadOnlyList<string> shaders)
    {
        (_folder, _shaders) = (folder, shaders);
        _texts = Read();
    }

    /// <summary>The files' names, from the folder on.</summary>
    public IReadOnlyList<string> Names => [.. _texts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The folder with shaders to edit: FORGE_SHADERS, else <c>shaders</c> in a folder above; null where there is none.</summary>
    /// <param name="starts">Folders to look upwards from, in turn.</param>
    public static string? Folder(params IReadOnlyList<string> starts)
    {
        if (Environment.GetEnvironmentVariable("FORGE_SHADERS") is { Length: > 0 } given)
            return Path.GetFullPath(given);
        foreach (var start in starts)
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "shaders", "include", "buffers.glsl")))
                    return Path.Combine(folder.FullName, "shaders");
        return null;
    }

    /// <summary>The files that differ from what they were at the last call, or at the start; a file being replaced just now counts when it is back.</summary>
    public IReadOnlyList<string> Changes()
    {
        var now = Read();
        if (_texts.Keys.Any(name => !now.ContainsKey(name) && !File.Exists(Path.Combine(_folder, name))))
            return [];
        string[] changed = [.. now.Where(f => !_texts.TryGetValue(f.Key, out var text) || text != f.Value).Select(f => f.Key), .. _texts.Keys.Where(n => !now.ContainsKey(n))];
        _texts = now;
        return changed;
    }

    private Dictionary<string, string> Read()
    {
        var (source, texts) = (new ShaderSource(_folder), new Dictionary<string, string>(StringComparer.Ordinal));
        try
        {
            foreach (var shader in _shaders)
            {
                if (source.Find(shader) is not { } text)
                    continue;
                texts[shader] = text;
                foreach (var (name, included) in source.Includes(text, []))
                    texts[File.Exists(Path.Combine(_folder, "include", name)) ? "include/" + name : name] = included;
            }
        }
        catch (IOException)
        {
            return _texts ?? []; // somebody is writing it
        }
        return texts;
    }
}
