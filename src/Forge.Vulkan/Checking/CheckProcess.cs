using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Checking;

/// <summary>Asks about cases in a process of its own: a variant that ends or holds up that process is named, and the next question starts another.</summary>
/// <param name="program">A program that runs <see cref="CheckBench.Serve"/>.</param>
/// <param name="limit">How long an answer may take.</param>
internal sealed class CheckProcess(TrialProgram program, TimeSpan limit) : IDisposable
{
    // Pipelines stay until their process ends: thousands of them are memory.
    private const int MostQuestions = 4000;

    private TrialProcess _process = new(program, limit);
    private int _asked;

    /// <summary>Asks.</summary>
    /// <param name="question">The question.</param>
    /// <param name="cancellation">A signal may have ended the process: its kernel is not to blame then.</param>
    public CheckAnswer Ask(CheckQuestion question, CancellationToken cancellation)
    {
        if (++_asked % MostQuestions == 0)
        {
            _process.Dispose();
            _process = new(program, limit);
        }
        _process.Start();
        var wasUsed = _process.IsUsed;
        var answer = _process.Ask(question);
        cancellation.ThrowIfCancellationRequested();
        // An earlier variant may have spoilt the process without showing it: a fresh one decides who is to blame.
        return wasUsed && (answer.Strayed || answer.Verdict is Verdict.Crashed or Verdict.Hung) ? _process.Ask(question) : answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
