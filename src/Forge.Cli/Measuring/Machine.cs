using System.Globalization;

namespace Forge.Cli.Measuring;

/// <summary>The machine a measurement was taken on, as far as figures depend on it.</summary>
internal static class Machine
{
    /// <summary>The processor and how many cores of it: <c>AMD EPYC, 2 cores</c>.</summary>
    public static string Description { get; } = $"{Processor()}, {Environment.ProcessorCount} cores";

    /// <summary>How many processes wanted a core in the last minute, on average; null where the system does not tell.</summary>
    public static double? Load()
    {
        try
        {
            var words = File.ReadAllText("/proc/loadavg").Split(' ');
            return double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var load) ? load : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Processor()
    {
        try
        {
            var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
            if (line is not null) return line[(line.IndexOf(':') + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux: the architecture says something at least.
        }
        return System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }
}
