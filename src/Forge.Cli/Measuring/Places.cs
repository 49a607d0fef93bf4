namespace Forge.Cli.Measuring;

/// <summary>Where the program finds what lies beside it: the repository it was built in, or the folder of a bundle.</summary>
internal static class Places
{
    private static readonly Lazy<string?> s_repository = new(() => Above(AppContext.BaseDirectory).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "Forge.sln"))));

    /// <summary>The repository's root; null for a program that was copied elsewhere.</summary>
    public static string? Repository => s_repository.Value;

    /// <summary>The programs of other frameworks, bench/peers; null where they were not brought along.</summary>
    public static string? Peers => Above(AppContext.BaseDirectory).Select(folder => Path.Combine(folder, "bench", "peers")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "torch_bench.py")));

    /// <summary>Where measurements are kept: bench/history of the repository, else of the folder the program was started in.</summary>
    public static string History => Path.Combine(Repository ?? Directory.GetCurrentDirectory(), "bench", "history");

    /// <summary>Where ./forge puts drivers and peers; null without a home folder.</summary>
    public static string? Data
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg)) return Path.Combine(xdg, "forge");
            return Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "share", "forge") : null;
        }
    }

    private static IEnumerable<string> Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent) yield return at.FullName;
    }
}
