using System.Runtime.InteropServices;

namespace Forge.Cli;

/// <summary>Turns Ctrl-C and SIGTERM into a request to stop; a second one ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, Cli.ExitCode.Interrupted)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, Cli.ExitCode.Terminated)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether a signal came.</summary>
    public bool Requested => _exitCode != 0;

    /// <summary>The code the process ends with after the signal that came.</summary>
    public int ExitCode => _exitCode == 0 ? Cli.ExitCode.Interrupted : _exitCode;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext signal, int exitCode)
    {
        // Not cancelling the second signal leaves it to the system, which ends the process.
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0) return;
        signal.Cancel = true;
        _source.Cancel();
    }
}
