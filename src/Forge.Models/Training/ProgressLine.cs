using System.Globalization;
using System.Text;

namespace Forge.Models.Training;

/// <summary>How progress is shown.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum ProgressStyle
{
    /// <summary>Nothing.</summary>
    Silent,
    /// <summary>Whole lines: the end of each epoch, and now and then in between.</summary>
    Plain,
    /// <summary>One line that is written over.</summary>
    Terminal,
}

/// <summary>The line Keras shows while it trains: steps done, a bar, time left, time a step and the metrics so far.</summary>
/// <param name="writer">Where it is shown.</param>
/// <param name="style">How.</param>
/// <param name="clock">The clock; the system's by default.</param>
/// <param name="unicode">Draw the bar with lines; otherwise with = and -.</param>
/// <param name="columns">The terminal's width: a longer line is cut, because one that wraps cannot be written over. 0 cuts nothing.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ProgressLine(TextWriter writer, ProgressStyle style, TimeProvider? clock = null, bool unicode = true, int columns = 0)
{
    private const int BarLength = 20;
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100), PlainInterval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private int _steps, _done, _startedAt;
    private long _start, _afterFirst, _lastShown;
    private bool _open;

    /// <summary>Begins an epoch: prints <c>Epoch 2/3</c>.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="epochs">How many there will be.</param>
    /// <param name="steps">Steps of this epoch.</param>
    /// <param name="done">Steps already done, when an interrupted epoch goes on.</param>
    public void Begin(int epoch, int epochs, int steps, int done = 0)
    {
        (_steps, _done, _startedAt, _start) = (steps, done, done, _clock.GetTimestamp());
        (_afterFirst, _lastShown) = (_start, _start);
        if (style != ProgressStyle.Silent) writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Epoch {epoch}/{epochs}"));
    }

    /// <summary>Shows that a step is done, not oftener than is worth it.</summary>
    /// <param name="done">Steps done in this epoch.</param>
    /// <param name="metrics">Running values, in the order to show them.</param>
    public void Step(int done, IEnumerable<KeyValuePair<string, double>> metrics)
    {
        var now = _clock.GetTimestamp();
        // The first step builds the plan: it would spoil the mean.
        if (done == _startedAt + 1) _afterFirst = now;
        _done = done;
        var interval = style == ProgressStyle.Terminal ? TerminalInterval : PlainInterval;
        if (style == ProgressStyle.Silent || done >= _steps || _clock.GetElapsedTime(_lastShown, now) < interval) return;
        _lastShown = now;
        Show(Format(metrics, finished: false, now), end: style == ProgressStyle.Plain);
    }

    /// <summary>Ends the epoch with its final line.</summary>
    /// <param name="metrics">Final values, validation included.</param>
    public void End(IEnumerable<KeyValuePair<string, double>> metrics)
    {
        if (style != ProgressStyle.Silent) Show(Format(metrics, finished: true, _clock.GetTimestamp()), end: true);
    }

    /// <summary>Leaves the line as it stands, so that other text can follow on its own line.</summary>
    public void Break()
    {
        if (_open) writer.WriteLine();
        _open = false;
    }

    private void Show(string line, bool end)
    {
        if (style == ProgressStyle.Terminal)
        {
            if (!end && columns > 1 && line.Length >= columns) line = line[..(columns - 1)];
            writer.Write("\r\e[K"); // back to the start, and clear what was there
        }
        writer.Write(line);
        if (end) writer.WriteLine();
        _open = !end;
        writer.Flush();
    }

    private string Format(IEnumerable<KeyValuePair<string, double>> metrics, bool finished, long now)
    {
        var text = new StringBuilder();
        var total = _steps.ToString(CultureInfo.InvariantCulture);
        text.Append(_done.ToString(CultureInfo.InvariantCulture).PadLeft(total.Length)).Append('/').Append(total).Append(' ');
        var filled = _steps == 0 ? BarLength : (int)((long)_done * BarLength / _steps);
        text.Append(unicode ? '━' : '=', filled).Append(unicode ? '─' : '-', BarLength - filled);

        var counted = _done - _startedAt;
        var perStep = counted > 1 ? _clock.GetElapsedTime(_afterFirst, now) / (counted - 1) : counted == 1 ? _clock.GetElapsedTime(_start, now) : TimeSpan.Zero;
        text.Append(' ').Append(finished ? Duration(_clock.GetElapsedTime(_start, now)) : Duration(perStep * (_steps - _done)) + " left");
        if (counted > 0) text.Append(' ').Append(Short(perStep)).Append("/step");
        foreach (var (name, value) in metrics) text.Append(" - ").Append(name).Append(": ").Append(Number(value));
        return text.ToString();
    }

    /// <summary>A metric as Keras writes it: four decimals, or scientific below a thousandth.</summary>
    public static string Number(double value) =>
        double.IsNaN(value) ? "nan"
        : double.IsInfinity(value) ? value > 0 ? "inf" : "-inf"
        : value.ToString(value == 0 || Math.Abs(value) > 1e-3 ? "F4" : "0.0000e+00", CultureInfo.InvariantCulture);

    /// <summary>A duration in whole units: 12s, 3:07, 1:02:03.</summary>
    public static string Duration(TimeSpan time)
    {
        var seconds = (long)Math.Round(Math.Max(0, time.TotalSeconds));
        return seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds}s")
            : seconds < 3600 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:D2}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:D2}:{seconds % 60:D2}");
    }

    // One step: 950us, 12ms, 1s.
    private static string Short(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:F0}us"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1}s"),
    };
}
