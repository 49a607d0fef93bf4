namespace Forge.Models.Tests;

/// <summary>A folder of one test's own, with a space and a character outside ASCII in its name; deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("forge tést ").FullName;

    internal string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    internal string Write(byte[] content, params string[] parts)
    {
        var path = this[parts];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
