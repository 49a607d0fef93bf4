using System.CommandLine;
using Forge.Cli.Commands;
using Forge.Core;
using Forge.Models.Datasets;
using Forge.Vulkan;

namespace Forge.Cli;

/// <summary>What a command gets to work with.</summary>
/// <param name="Parsed">The words of the command line.</param>
/// <param name="Report">Where its words go.</param>
/// <param name="Interruption">Whether it should stop.</param>
internal sealed record Invocation(ParseResult Parsed, Report Report, Interruption Interruption)
{
    /// <summary>The value of an option.</summary>
    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    /// <summary>The value of an argument.</summary>
    public T? Get<T>(Argument<T> argument) => Parsed.GetValue(argument);

    /// <summary>The device and seed asked for.</summary>
    public EngineOptions EngineOptions => new()
    {
        Device = Get(Options.Device) ?? Environment.GetEnvironmentVariable("FORGE_DEVICE") ?? "auto",
        Seed = Options.SeedFrom(Parsed),
    };
}

/// <summary>The tree of commands, and what surrounds each of them: warnings, signals, errors and exit codes.</summary>
internal static class CommandLine
{
    // Once: options are shared, and would get their validators again.
    private static readonly RootCommand s_root = Build();

    /// <summary>Runs a command line.</summary>
    /// <returns>The process's exit code, see <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args)
    {
        var parsed = Parse(args);
        // What cannot be parsed has no options yet, but --json is plain enough.
        if (parsed.Errors.Count > 0) return Failed(new Report(json: args.Contains(Options.Json.Name), quiet: false), UsageProblem.Explain(parsed));
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Reads the words of a command line.</summary>
    internal static ParseResult Parse(IReadOnlyList<string> args) => s_root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

    private static RootCommand Build()
    {
        var root = new RootCommand("Forge trains neural networks on any GPU with Vulkan, or on a software driver.")
        {
            DevicesCommand.Build(), TrainOptions.Build(), EvaluateCommand.Build(), PredictCommand.Build(), GenerateCommand.Build(), BenchCommand.Build(), ProfileCommand.Build(),
            TuneCommand.Build(), LabCommand.Build(), TryVariantCommand.Build(), CheckCommand.Build(), CheckCaseCommand.Build(), BakeCommand.Build(),
        };
        foreach (var option in Options.Everywhere) root.Add(option);
        UsageProblem.RefuseEmptyText(root);
        return root;
    }

    /// <summary>Makes <paramref name="run"/> what a command does.</summary>
    public static T Does<T>(this T command, Func<Invocation, int> run) where T : Command
    {
        command.SetAction(parsed => Guarded(parsed, run));
        return command;
    }

    private static int Guarded(ParseResult parsed, Func<Invocation, int> run)
    {
        var report = new Report(parsed.GetValue(Options.Json), parsed.GetValue(Options.Quiet));
        using var interruption = new Interruption();
        try
        {
            foreach (var name in Switches.Unknown())
                Report.Warn($"{name} is set, but Forge knows no such switch. Known: {string.Join(", ", Switches.Known)}.");
            MustBeSwitches();
            return run(new(parsed, report, interruption));
        }
        catch (OperationCanceledException) when (interruption.Requested)
        {
            return Failed(report, new InterruptedException(interruption.ExitCode, "Interrupted."));
        }
        catch (Exception error) when (error is ForgeException or IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return Failed(report, error);
        }
        catch (Exception error) when (DebugLevel < 1)
        {
            // Not one of Forge's own errors: a defect. Its place is what a report of it needs.
            return Failed(report, new ForgeException($"Internal error, {error.GetType().Name}: {error.Message}\nPlease report it with the output of the same command under FORGE_DEBUG=1.", error));
        }
    }

    // Here, so that a mistake in them is one of usage, whatever would meet it first.
    private static void MustBeSwitches()
    {
        try
        {
            _ = (InputLimits.Current, FolderBounds.FollowsLinks);
        }
        catch (ForgeException problem)
        {
            throw new UsageException(problem.Message);
        }
    }

    private static int DebugLevel => int.TryParse(Environment.GetEnvironmentVariable("FORGE_DEBUG"), out var level) ? level : 0;

    private static int Failed(Report report, Exception error)
    {
        var code = ExitCode.Of(error);
        var message = ForeignText.Visible(error.Message) + (error is BadImageException || error.InnerException is BadImageException ? "\nTo leave out images that cannot be decoded: --skip-bad" : "");
        Console.Error.WriteLine("forge: " + message);
        if (DebugLevel >= 1) Console.Error.WriteLine(error);
        report.Event("error", writer =>
        {
            writer.WriteString("kind", ExitCode.Name(code));
            writer.WriteNumber("exit_code", code);
            writer.WriteString("message", message);
        });
        return code;
    }
}
