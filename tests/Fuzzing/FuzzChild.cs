using System.Diagnostics;
using System.Globalization;

namespace Forge.Fuzzing;

/// <summary>Feeds a target in a process of its own with a limit of memory: what its native code does there ends that process alone.</summary>
/// <remarks>The process is this very assembly, started as a program. It says the number of each input before it reads it, so that the last one is known.</remarks>
internal static class FuzzChild
{
    private const string Word = "--fuzz";

    /// <summary>Reads damaged inputs there: so many as the tier wants. Fails where the process ends otherwise than by itself, takes too long, or answers wrongly.</summary>
    /// <param name="target">The target; the process finds it by its name.</param>
    /// <param name="memory">What the process may allocate in all, in bytes.</param>
    public static FuzzOutcome Of(FuzzTarget target, long memory)
    {
        var (outcome, problem) = Run(target, memory);
        Assert.True(problem is null, problem);
        Assert.True(outcome!.Inputs >= target.FastTierInputs && outcome.Accepted < outcome.Inputs, $"{outcome}: too few, or none was refused");
        return outcome;
    }

    /// <summary>As <see cref="Of"/>, with the problem where there is one.</summary>
    public static (FuzzOutcome? Outcome, string? Problem) Run(FuzzTarget target, long memory)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", FormattableString.Invariant($"ulimit -c 0; ulimit -d {memory / 1024} || exit 99; exec \"$0\" \"$@\""), Host, typeof(FuzzChild).Assembly.Location, Word, target.Name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var said = child.StandardError.ReadToEndAsync();
        var (number, last) = (-1, "");
        while (true)
        {
            var reading = child.StandardOutput.ReadLineAsync();
            // The first line waits for the runtime as well.
            if (!reading.Wait(target.TimeLimit + TimeSpan.FromSeconds(number < 0 ? 60 : 0)))
            {
                child.Kill(entireProcessTree: true);
                return (null, $"{target.Name}: input {number} was still being read after {target.TimeLimit.TotalSeconds:0} s.\n{Shown(target, number)}");
            }
            if (reading.Result is not { } line) break;
            last = line;
            if (int.TryParse(line, CultureInfo.InvariantCulture, out var begun)) number = begun;
        }
        child.WaitForExit();
        if (child.ExitCode != 0) return (null, $"{target.Name}: the process ended with {child.ExitCode} at input {number}. {said.Result}\n{(child.ExitCode == 1 ? "" : Shown(target, number))}");
        var words = last.Split(' ');
        return (new(target.Name, int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture), long.Parse(words[3], CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(double.Parse(words[4], CultureInfo.InvariantCulture))), null);
    }

    /// <summary>What the process does.</summary>
    /// <param name="args">The words of its command line.</param>
    /// <param name="find">Finds a target by its name.</param>
    public static int Answer(string[] args, Func<string, FuzzTarget> find)
    {
        if (args is not [Word, var name]) return 2;
        var target = find(name);
        var output = Console.Out;
        var (clock, accepted, most, slowest) = (Stopwatch.StartNew(), 0, 0L, 0.0);
        var number = 0;
        for (; number < target.LongTierInputs && (FuzzRun.LongTier || number < target.FastTierInputs || clock.Elapsed < FuzzRun.FastTier); number++)
        {
            output.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            output.Flush();
            var input = FuzzRun.InputOf(target, number);
            var (read, problem) = FuzzRun.Try(target, input);
            if (problem is not null)
            {
                Console.Error.WriteLine(FuzzRun.Describe(target, number, input, problem));
                return 1;
            }
            accepted += read.Accepted ? 1 : 0;
            (most, slowest) = (Math.Max(most, read.Bytes), Math.Max(slowest, read.Time.TotalMilliseconds));
        }
        output.WriteLine(FormattableString.Invariant($"end {number} {accepted} {most} {slowest}"));
        return 0;
    }

    private static string Shown(FuzzTarget target, int number) => number < 0 ? "" : FuzzRun.Shown(FuzzRun.InputOf(target, number));

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
}
