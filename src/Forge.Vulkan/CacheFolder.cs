namespace Forge.Vulkan;

/// <summary>A folder of cache files that only the user may enter.</summary>
internal sealed class CacheFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private int _damaged;

    /// <summary>Opens or makes a folder.</summary>
    /// <param name="root">The cache's root, or null to keep nothing.</param>
    /// <param name="name">The folder's name in it.</param>
    public CacheFolder(string? root, string name)
    {
        if (root is null)
            return;
        try
        {
            var path = System.IO.Path.Combine(root, name);
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(root, OwnerOnly);
                Directory.CreateDirectory(path, OwnerOnly);
                // Made earlier by a looser hand: drivers read these files, so others must not write them. Only the owner can do this.
                File.SetUnixFileMode(root, OwnerOnly);
                File.SetUnixFileMode(path, OwnerOnly);
            }
            Path = path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Switches.Log(1, $"no cache in {root}: {e.Message}");
        }
    }

    /// <summary>The folder, or null where nothing is kept.</summary>
    public string? Path { get; }

    /// <summary>Files found damaged so far. They are ignored and written anew.</summary>
    public int Damaged => _damaged;

    /// <summary>Reads a file's payload, or null.</summary>
    public byte[]? Read(string name)
    {
        if (Path is null)
            return null;
        var bytes = CheckedFile.Read(System.IO.Path.Combine(Path, name), out var damaged);
        if (damaged)
        {
            Interlocked.Increment(ref _damaged);
            Switches.Log(1, $"ignored the damaged cache file {System.IO.Path.Combine(Path, name)}");
        }
        return bytes;
    }

    /// <summary>Writes a file.</summary>
    public void Write(string name, ReadOnlySpan<byte> payload)
    {
        if (Path is not null)
            CheckedFile.Write(System.IO.Path.Combine(Path, name), payload);
    }
}
