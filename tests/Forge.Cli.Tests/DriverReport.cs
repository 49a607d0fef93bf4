using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Forge.Cli.Tests;

/// <summary>Runs of the program, pipelines and seconds on each driver, appended to the folder FORGE_TEST_REPORTS when the tests end.</summary>
internal static class DriverReport
{
    private static readonly Dictionary<string, (int Runs, int Pipelines, double Seconds)> s_drivers = [];

    static DriverReport() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        if (Environment.GetEnvironmentVariable("FORGE_TEST_REPORTS") is { Length: > 0 } folder && Directory.Exists(folder))
            File.AppendAllLines(Path.Combine(folder, "Forge.Cli.Tests"), Lines());
    };

    /// <summary>Adds what a finished run wrote to its FORGE_STATS file; nothing where it used no device or was killed.</summary>
    public static void Count(string path)
    {
        if (!File.Exists(path)) return;
        foreach (var line in File.ReadLines(path))
        {
            using var parsed = JsonDocument.Parse(line);
            var stats = parsed.RootElement;
            var driver = DriverOf(stats.GetProperty("driver").GetString()!);
            lock (s_drivers)
            {
                var sum = s_drivers.GetValueOrDefault(driver);
                s_drivers[driver] = (sum.Runs + 1, sum.Pipelines + stats.GetProperty("pipelines").GetInt32(), sum.Seconds + stats.GetProperty("seconds").GetDouble());
            }
        }
    }

    /// <summary>What would be written: driver, runs, pipelines and seconds, separated by bars.</summary>
    public static IReadOnlyList<string> Lines()
    {
        lock (s_drivers)
            return [.. s_drivers.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Key}|{d.Value.Runs}|{d.Value.Pipelines}|{d.Value.Seconds:0.0}"))];
    }

    /// <summary>The tests' name of a driver: mesa25, mesa22, swiftshader; the system's otherwise.</summary>
    public static string DriverOf(string driver) =>
        Regex.Match(driver, @"llvmpipe.*Mesa (\d+)") is { Success: true } mesa ? "mesa" + mesa.Groups[1].Value
        : driver.Contains("SwiftShader", StringComparison.Ordinal) ? "swiftshader" : "system";
}
