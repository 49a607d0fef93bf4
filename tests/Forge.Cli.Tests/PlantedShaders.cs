namespace Forge.Cli.Tests;

/// <summary>A copy of the shaders to plant mistakes in, and a cache folder of its own.</summary>
internal sealed class PlantedShaders : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PlantedShaders()
    {
        var from = Path.Combine(ForgeProgram.Repository, "shaders");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var to = _folder["shaders", Path.GetRelativePath(from, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    /// <summary>A file's path.</summary>
    public string this[string name] => _folder["shaders", name];

    /// <summary>A path in the folder that goes with this.</summary>
    public string Beside(string name) => _folder[name];

    /// <summary>What a program under test is told: these shaders, this cache, and the driver of that name.</summary>
    public Dictionary<string, string?> Environment(string driver, string tune = "cached") => new()
    {
        ["FORGE_SHADERS"] = _folder["shaders"],
        ["XDG_CACHE_HOME"] = _folder["cache"],
        ["VK_DRIVER_FILES"] = Needs.Manifest(driver),
        ["FORGE_TUNE"] = tune,
    };

    /// <summary>Replaces what lies after a marker's line in the elementwise template's loop: the element's own code, with X0 and Y0 for relu.</summary>
    public void PlantIntoElementwise(string code)
    {
        const string Place = "        if (i < count) chain(i);";
        var text = File.ReadAllText(Path.Combine(ForgeProgram.Repository, "shaders", "Elementwise.comp"));
        Assert.Contains(Place, text, StringComparison.Ordinal);
        // As editors do: a new file takes the old one's place.
        File.WriteAllText(this["Elementwise.new"], text.Replace(Place, $"        if (i < count) {{ chain(i); {code} }}", StringComparison.Ordinal));
        File.Move(this["Elementwise.new"], this["Elementwise.comp"], overwrite: true);
    }

    /// <summary>Replaces a piece of a file, which must be there.</summary>
    public void Replace(string name, string old, string planted)
    {
        var text = File.ReadAllText(Path.Combine(ForgeProgram.Repository, "shaders", name));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(this[name], text.Replace(old, planted, StringComparison.Ordinal));
    }

    /// <summary>Puts a file back as it was.</summary>
    public void Restore(string name) => File.Copy(Path.Combine(ForgeProgram.Repository, "shaders", name), this[name], overwrite: true);

    public void Dispose() => _folder.Dispose();
}
