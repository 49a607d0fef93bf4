using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Forge.Cli.Measuring;

/// <summary>A program to run: Forge itself or a peer's.</summary>
/// <param name="File">The program's file, or its name on PATH.</param>
/// <param name="Arguments">Its words.</param>
/// <param name="Environment">Variables to set, or with null to remove.</param>
internal sealed record ChildProgram(string File, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string?>? Environment = null)
{
    /// <summary>This program, with other arguments.</summary>
    public static ChildProgram Forge(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var self = System.Environment.ProcessPath ?? throw new InvalidOperationException("This process has no file.");
        // Run by the dotnet host, the program is the host's first argument.
        var assembly = Path.Combine(AppContext.BaseDirectory, "forge.dll");
        return Path.GetFileNameWithoutExtension(self) == "dotnet" ? new(self, [assembly, .. arguments], environment) : new(self, arguments, environment);
    }

    /// <summary>Runs it to its end and gives what it printed.</summary>
    /// <param name="limit">After this long it is ended.</param>
    /// <param name="cancellation">Ends it sooner.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ChildResult Run(TimeSpan limit, CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(File, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8 };
        foreach (var (name, value) in Environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        var (stdout, stderr) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => Append(stdout, line.Data);
        process.ErrorDataReceived += (_, line) => Append(stderr, line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new(-1, "", e.Message);
        }
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var ending = cancellation.Register(() => Kill(process));
        if (!process.WaitForExit(limit))
        {
            Kill(process);
            process.WaitForExit();
            return new(-1, stdout.ToString(), $"still ran after {limit.TotalSeconds:F0} s and was ended");
        }
        process.WaitForExit(); // until both streams have been read to their ends
        cancellation.ThrowIfCancellationRequested();
        return new(process.ExitCode, stdout.ToString(), stderr.ToString());
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null) lock (text) text.Append(line).Append('\n');
    }
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its code; -1 where it did not start or was ended.</param>
/// <param name="Stdout">What it printed.</param>
/// <param name="Stderr">What it complained of.</param>
internal sealed record ChildResult(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>The last thing it complained of, on one line.</summary>
    public string Complaint => Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {ExitCode}";
}
