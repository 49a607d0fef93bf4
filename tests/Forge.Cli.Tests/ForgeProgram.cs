using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Forge.Cli.Tests;

/// <summary>What a finished run of the program left.</summary>
public sealed record Finished(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>The objects on stdout, one a line; a line that is not JSON fails.</summary>
    public IReadOnlyList<JsonElement> Events => [.. Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The events of one name.</summary>
    public IReadOnlyList<JsonElement> EventsNamed(string name) => [.. Events.Where(e => e.GetProperty("event").GetString() == name)];

    /// <summary>Checks the exit code and shows everything when it is another.</summary>
    public Finished MustExit(int code)
    {
        Assert.True(ExitCode == code, $"Exit code {ExitCode} instead of {code}.\nstdout:\n{Stdout}\nstderr:\n{Stderr}");
        return this;
    }

    /// <summary>Checks that stderr is one clear message: these words, and no stack trace.</summary>
    public Finished MustComplain(params string[] words)
    {
        foreach (var word in words) Assert.Contains(word, Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Stderr, StringComparison.Ordinal);
        return this;
    }
}

/// <summary>Runs the built program as a user would: as a process of its own.</summary>
internal sealed class ForgeProgram : IDisposable
{
    private static readonly string? s_caches = Vulkan.Platform.CacheFolder is { } folder ? Path.Combine(folder, "tests") : null;
    private readonly Process _process;
    private readonly string _stats = Path.Combine(Path.GetTempPath(), $"forge-stats-{Guid.NewGuid():N}");
    private readonly StringBuilder _stdout = new(), _stderr = new();

    private ForgeProgram(IReadOnlyList<string> arguments, string? folder, IReadOnlyDictionary<string, string?>? environment, string? shell, bool ownGroup)
    {
        var start = new ProcessStartInfo
        {
            FileName = OperatingSystem.IsLinux() ? "/usr/bin/env" : shell is null ? Host : "/bin/sh",
            WorkingDirectory = folder ?? Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // A test run in the background ignores Ctrl-C, and its children would inherit that.
        if (ownGroup)
        {
            start.ArgumentList.Add(start.FileName);
            start.FileName = "/usr/bin/setsid";
        }
        if (OperatingSystem.IsLinux()) foreach (var word in (string[])["--default-signal=INT,TERM", shell is null ? Host : "/bin/sh"]) start.ArgumentList.Add(word);
        if (shell is not null) foreach (var word in (string[])["-c", shell + "\nexec \"$@\"", "sh", Host]) start.ArgumentList.Add(word);
        start.ArgumentList.Add(Dll);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        start.Environment["FORGE_STATS"] = _stats;
        start.Environment["FORGE_TUNE"] = "off"; // the kernels' own defaults, whatever was tuned on this machine
        if (s_caches is not null) start.Environment["XDG_CACHE_HOME"] = s_caches; // nor what was quarantined on it
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_stdout, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_stderr, line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = Find();

    /// <summary>The configuration the tests are built in.</summary>
    public static string Configuration { get; } = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    /// <summary>The built program, of the same configuration as the tests.</summary>
    public static string Dll { get; } = Path.Combine(Repository, "src", "Forge.Cli", "bin", Configuration, "net10.0", "forge.dll");

    /// <summary>The dotnet program that runs the tests.</summary>
    public static string Host { get; } =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    /// <summary>What stdout has so far.</summary>
    public string StdoutSoFar { get { lock (_stdout) return _stdout.ToString(); } }

    /// <summary>Starts the program.</summary>
    /// <param name="arguments">Its words.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="environment">Variables to set, or with null to remove.</param>
    /// <param name="shell">A line of shell to run first in the same process, such as a ulimit.</param>
    /// <param name="ownGroup">Whether it leads a process group of its own, for <see cref="KillGroup"/>; Linux only.</param>
    public static ForgeProgram Start(IReadOnlyList<string> arguments, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null, string? shell = null, bool ownGroup = false) =>
        new(arguments, folder, environment, shell, ownGroup);

    /// <summary>Runs the program to its end.</summary>
    public static Finished Run(params string[] arguments) => Run(arguments, null);

    /// <summary>Runs the program to its end.</summary>
    /// <param name="arguments">Its words.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="environment">Variables to set, or with null to remove.</param>
    /// <param name="shell">A line of shell to run first in the same process, such as a ulimit.</param>
    public static Finished Run(IReadOnlyList<string> arguments, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null, string? shell = null)
    {
        using var program = Start(arguments, folder, environment, shell);
        return program.Finish();
    }

    /// <summary>Waits until stdout holds a text.</summary>
    public void WaitFor(string text, int seconds = 240)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds && !_process.HasExited; Thread.Sleep(20))
            if (StdoutSoFar.Contains(text, StringComparison.Ordinal)) return;
        if (StdoutSoFar.Contains(text, StringComparison.Ordinal)) return;
        var end = _process.HasExited ? $"ended with {_process.ExitCode}" : $"ran for {seconds} s";
        _process.Kill(entireProcessTree: true);
        Assert.Fail($"The program {end} without saying '{text}'.\nstdout:\n{StdoutSoFar}\nstderr:\n{_stderr}");
    }

    /// <summary>Whether it ran to its end.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Sends a signal by its name: INT, TERM, KILL.</summary>
    public void Signal(string name) => Send(name, _process.Id);

    /// <summary>Kills the program and everything that it started, at one moment.</summary>
    public void KillGroup() => Send("KILL", -_process.Id);

    private static void Send(string name, int to)
    {
        // It may have ended just now: what kill says of that is nobody's concern.
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-" + name, "--", to.ToString(System.Globalization.CultureInfo.InvariantCulture)]) { RedirectStandardError = true });
        kill!.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    public Finished Finish(int seconds = 300)
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"The program still ran after {seconds} s.\nstdout:\n{StdoutSoFar}\nstderr:\n{_stderr}");
        }
        _process.WaitForExit(); // until both streams have been read to their ends
        return new(_process.ExitCode, StdoutSoFar, _stderr.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
        DriverReport.Count(_stats);
        File.Delete(_stats);
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null) lock (text) text.Append(line).Append('\n');
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Forge.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No Forge.sln above {AppContext.BaseDirectory}.");
    }
}
