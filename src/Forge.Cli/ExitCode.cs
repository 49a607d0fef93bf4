using Forge.Core;

namespace Forge.Cli;

/// <summary>What the program's exit code means. docs/cli.md shows this table to users.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int Data = 3;
    public const int Device = 4;
    public const int Memory = 5;
    public const int Diverged = 6;
    public const int Interrupted = 130;
    public const int Terminated = 143;

    /// <summary>The exit code of an error: the one place where errors become codes.</summary>
    public static int Of(Exception error) => error switch
    {
        UsageException => Usage,
        MemoryException or OutOfMemoryException => Memory,
        DivergedException => Diverged,
        DeviceException => Device,
        DataException or IOException or UnauthorizedAccessException => Data,
        InterruptedException interrupted => interrupted.ExitCode,
        _ => Failure,
    };

    /// <summary>The word for a code in JSON events.</summary>
    public static string Name(int code) => code switch
    {
        Success => "success",
        Usage => "usage",
        Data => "data",
        Device => "device",
        Memory => "memory",
        Diverged => "diverged",
        Interrupted => "interrupted",
        Terminated => "terminated",
        _ => "failure",
    };
}

/// <summary>Words on the command line that make no sense together; the parser finds the others.</summary>
internal sealed class UsageException(string message) : ForgeException(message);

/// <summary>The user or the system asked the program to stop, and it stopped in good order.</summary>
/// <param name="exitCode">130 after Ctrl-C, 143 after SIGTERM.</param>
/// <param name="message">What was saved and how to go on.</param>
internal sealed class InterruptedException(int exitCode, string message) : ForgeException(message)
{
    public int ExitCode { get; } = exitCode;
}
