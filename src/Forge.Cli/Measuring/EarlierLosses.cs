using System.Text.Json;
using Forge.Core;

namespace Forge.Cli.Measuring;

/// <summary>The losses of an earlier run of <c>forge bench step</c>, to be compared with this one's.</summary>
/// <param name="Driver">What ran it.</param>
/// <param name="Losses">Its losses; null for what was not finite.</param>
internal sealed record EarlierLosses(string Driver, IReadOnlyList<float?> Losses)
{
    // After so many steps people are told how far two runs have come apart.
    private static readonly int[] s_told = [1, 10, 50, 100];

    /// <summary>Reads what an earlier run printed.</summary>
    /// <param name="path">A file of the lines that runs print; the last one of the workload counts.</param>
    /// <param name="workload">Which.</param>
    /// <exception cref="DataException">The file cannot be read, or has no such line.</exception>
    public static EarlierLosses Read(string path, string workload)
    {
        if (!File.Exists(path)) throw new DataException($"{path}: no such file. Write one with: forge bench step --model {workload.Split('/')[0]} > FILE");
        try
        {
            EarlierLosses? found = null;
            foreach (var line in InputFile.ReadText(path).Split('\n').Where(l => l.StartsWith('{')))
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.TryGetProperty("workload", out var name) && name.GetString() == workload && document.RootElement.TryGetProperty("losses", out var losses))
                    found = new(document.RootElement.GetProperty("driver").GetString() ?? "", [.. losses.EnumerateArray().Select(l => l.ValueKind == JsonValueKind.Null ? (float?)null : l.GetSingle())]);
            }
            return found ?? throw new DataException($"{path}: no line of 'forge bench step' on {workload}. Write one with: forge bench step --model {workload.Split('/')[0]} > FILE");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new DataException($"{path}: not what 'forge bench step' prints ({ForeignText.Shown(problem.Message.TrimEnd('.'), 200)}).", problem);
        }
    }

    /// <summary>Writes the largest relative differences up to some steps, as far as both runs went.</summary>
    public void Write(Utf8JsonWriter writer, IReadOnlyList<float> now)
    {
        var steps = Math.Min(now.Count, Losses.Count);
        writer.WriteStartObject("against");
        writer.WriteString("driver", Driver);
        writer.WriteNumber("steps", steps);
        writer.WriteStartObject("largest_difference");
        foreach (var count in s_told.Where(c => c < steps).Append(steps).Where(c => c > 0))
        {
            var largest = Enumerable.Range(0, count).Max(i => Losses[i] is { } before ? Difference(before, now[i]) : float.IsFinite(now[i]) ? double.NaN : 0);
            if (double.IsFinite(largest)) writer.WriteNumber($"{count}", double.Parse(largest.ToString("G3", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture));
            else writer.WriteNull($"{count}");
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static double Difference(float before, float now) => before == now ? 0 : Math.Abs((double)now - before) / Math.Abs((double)before);
}
