using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Forge.Core;
using Forge.Vulkan.Checking;

namespace Forge.Vulkan.Tuning;

/// <summary>A program that runs <see cref="TrialServer"/>, and what it is called with.</summary>
/// <param name="Program">Its file.</param>
/// <param name="Arguments">Its words.</param>
/// <param name="Environment">Variables that differ from this process's.</param>
internal sealed record TrialProgram(string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);

/// <summary>A process in which unproven variants run: what hangs or ends it, ends it alone, and the next question starts another.</summary>
/// <param name="program">The program.</param>
/// <param name="limit">How long an answer may take.</param>
internal sealed class TrialProcess(TrialProgram program, TimeSpan limit) : IDisposable
{
    // Opening a device and its start-up probe, on a machine that is busy.
    private static readonly TimeSpan s_start = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _said = new();
    private Process? _process;

    /// <summary>The identity of the device that the process opened.</summary>
    public string? Device { get; private set; }

    /// <summary>Processes started so far.</summary>
    public int Starts { get; private set; }

    /// <summary>Whether the process that runs now has answered questions: what they left may be behind the next answer.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Starts the process if none runs.</summary>
    /// <exception cref="DeviceException">It did not start, or could not open the device.</exception>
    public void Start()
    {
        if (_process is not null)
            return;
        var start = new ProcessStartInfo(program.Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var argument in program.Arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in program.Environment)
            start.Environment[name] = value;
        lock (_said)
            _said.Clear();
        _process = Process.Start(start) ?? throw new DeviceException($"{program.Program} did not start.");
        Starts++;
        IsUsed = false;
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                lock (_said)
                    _said.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
        var (line, ended) = Read(s_start);
        if (line is null)
            throw new DeviceException($"The process in which kernels are tried {(ended ? $"ended at its start: {Stop()}" : $"did not start within {s_start.TotalSeconds:0} s: {Stop()}")}");
        Device = TrialReady.Read(line)?.Device;
    }

    /// <summary>Asks, and waits for the answer. After anything but a right answer the process is not trusted any more.</summary>
    public TrialAnswer Ask(TrialRequest request)
    {
        var (line, failure) = Exchange(JsonSerializer.Serialize(request, TrialJson.Default.TrialRequest));
        if (line is null)
            return failure!;
        var answer = TrialAnswer.Read(line);
        Distrust(answer.Verdict);
        return answer;
    }

    /// <summary>Has a user's kernel run once. After anything but a right answer the process is not trusted any more.</summary>
    public KernelTrialAnswer Ask(KernelTrial trial)
    {
        var (line, failure) = Exchange(JsonSerializer.Serialize(trial, TrialJson.Default.KernelTrial));
        if (line is null)
            return new(failure!.Verdict, failure.Message, []);
        var answer = KernelTrialAnswer.Read(line);
        Distrust(answer.Verdict);
        return answer;
    }

    /// <summary>Has a case checked. After a kernel that left its tensors the process is not trusted any more; one that only computes wrongly spoils nothing.</summary>
    public CheckAnswer Ask(CheckQuestion question)
    {
        var (line, failure) = Exchange(JsonSerializer.Serialize(question, CheckJson.Default.CheckQuestion));
        if (line is null)
            return CheckAnswer.Of(failure!.Verdict, failure.Message);
        var answer = CheckAnswer.Read(line);
        if (answer.Strayed || answer.Verdict == Verdict.Crashed)
            Stop();
        return answer;
    }

    // A line for a line; no line where there was no answer, and then why.
    private (string? Line, TrialAnswer? Failure) Exchange(string question)
    {
        Start();
        string? line;
        bool ended;
        try
        {
            _process!.StandardInput.WriteLine(question);
            _process.StandardInput.Flush();
            (line, ended) = Read(limit);
        }
        catch (IOException)
        {
            (line, ended) = (null, true);
        }
        if (line is null)
            return (null, ended ? Ended() : Hung());
        IsUsed = true;
        return (line, null);
    }

    // A kernel that wrote where it must not may have hit what later answers depend on.
    private void Distrust(Verdict verdict)
    {
        if (verdict is Verdict.Wrong or Verdict.Crashed)
            Stop();
    }

    /// <summary>Ends the process.</summary>
    public void Dispose() => Stop();

    private TrialAnswer Hung()
    {
        Stop();
        return TrialAnswer.Of(Verdict.Hung, $"no answer within {limit.TotalSeconds:0.#} s");
    }

    private TrialAnswer Ended()
    {
        var code = _process!.WaitForExit(TimeSpan.FromSeconds(5)) ? _process.ExitCode : -1;
        var said = Stop();
        var how = code switch
        {
            132 => "by SIGILL (an illegal instruction)",
            134 => "by SIGABRT",
            135 => "by SIGBUS",
            136 => "by SIGFPE",
            137 => "by SIGKILL, perhaps for want of memory",
            139 => "by SIGSEGV (a wild address)",
            _ => $"with exit code {code}",
        };
        // Somebody else's hand (Ctrl-C, kill), or the system's: nothing that the kernel is known to have done.
        return TrialAnswer.Of(code is 130 or 137 or 143 ? Verdict.Failed : Verdict.Crashed, $"the process ended {how}{(said.Length > 0 ? ": " + said : "")}");
    }

    // A line of JSON; null where there was none in time, or no more will come.
    private (string? Line, bool Ended) Read(TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        while (true)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until);
            var reading = _process!.StandardOutput.ReadLineAsync();
            if (left <= TimeSpan.Zero || !reading.Wait(left))
                return (null, false);
            if (reading.Result is null)
                return (null, true);
            if (reading.Result.StartsWith('{')) // drivers print, too
                return (reading.Result, false);
        }
    }

    // What it last said on stderr.
    private string Stop()
    {
        if (_process is null)
            return "";
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone: there is nobody to tell.
        }
        if (!_process.WaitForExit(_process.HasExited ? 1000 : 0))
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
        lock (_said)
        {
            var lines = _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return string.Join(" | ", lines.TakeLast(3));
        }
    }
}
