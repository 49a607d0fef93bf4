using System.Reflection;

namespace Forge.Cli.Measuring;

/// <summary>Which Forge this is.</summary>
internal static class Revision
{
    private const int Digits = 10;
    private static readonly Lazy<string> s_commit = new(Find);

    /// <summary>The commit, shortened; with a + where files differ from it. Of a copied program: the commit it was built from.</summary>
    public static string Commit => s_commit.Value;

    private static string Find()
    {
        if (Places.Repository is { } folder && Git(folder, "rev-parse", $"--short={Digits}", "HEAD") is { Length: > 0 } commit)
            return commit + (Git(folder, "status", "--porcelain", "--untracked-files=no") is { Length: > 0 } ? "+" : "");
        // The SDK writes "0.1.0+COMMIT" into the program.
        var version = typeof(Revision).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var built = version[(version.IndexOf('+') + 1)..];
        return built.Length == 0 ? "unknown" : built.Length > Digits && !built.Contains('.') ? built[..Digits] : built;
    }

    private static string? Git(string folder, params IReadOnlyList<string> words)
    {
        var ended = new ChildProgram("git", ["-C", folder, .. words]).Run(TimeSpan.FromSeconds(20));
        return ended.ExitCode == 0 ? ended.Stdout.Trim() : null;
    }
}
