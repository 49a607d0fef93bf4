namespace Forge.Cli.Tests;

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name = "forge test ") => Path = Directory.CreateTempSubdirectory(name).FullName;

    public string Path { get; }

    /// <summary>A path below the folder.</summary>
    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
