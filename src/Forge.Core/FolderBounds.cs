namespace Forge.Core;

/// <summary>Keeps what is read for a folder inside it: links may lead about in the folder, and not out of it, unless FORGE_LINKS=follow allows that.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class FolderBounds
{
    /// <summary>The switch: <c>inside</c> (default) or <c>follow</c>.</summary>
    public const string Switch = "FORGE_LINKS";

    private const int MostLinks = 40; // as the system's own

    /// <summary>Whether links may lead anywhere.</summary>
    /// <exception cref="ForgeException">FORGE_LINKS is something else.</exception>
    public static bool FollowsLinks => Environment.GetEnvironmentVariable(Switch) switch
    {
        null or "" or "inside" => false,
        "follow" => true,
        var other => throw new ForgeException($"{Switch} is '{other}'; it can be inside or follow."),
    };

    /// <summary>Why a path in a folder must not be read, as the end of a sentence; null where it may.</summary>
    /// <param name="folder">The folder; links on the way to it are its user's.</param>
    /// <param name="path">The path, as it was found in the folder.</param>
    public static string? Problem(string folder, string path)
    {
        if (FollowsLinks) return null;
        var (own, real) = (Real(folder), Real(path));
        if (own is null || real is null) return "it is a link that leads round in circles";
        return real == own || real.StartsWith(Path.EndsInDirectorySeparator(own) ? own : own + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? null
            : $"it leads to {real}, outside {folder}; put the file itself there, or set {Switch}=follow";
    }

    // The path without links; null where there is no end of them. What does not exist stays as it is written.
    private static string? Real(string path)
    {
        path = Path.GetFullPath(path);
        for (var links = 0; links <= MostLinks; links++)
        {
            if (FirstLink(path) is not { } link) return path;
            var target = Path.Combine(Path.GetDirectoryName(link.At)!, link.Target);
            path = Path.GetFullPath(link.At.Length == path.Length ? target : Path.Combine(target, path[(link.At.Length + 1)..]));
        }
        return null;
    }

    private static (string At, string Target)? FirstLink(string path)
    {
        for (var end = Path.GetPathRoot(path)!.Length; end < path.Length; end++)
        {
            end = path.IndexOf(Path.DirectorySeparatorChar, end) is >= 0 and var next ? next : path.Length;
            if (new FileInfo(path[..end]).LinkTarget is { } target) return (path[..end], target);
        }
        return null;
    }
}
