using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Forge.Vulkan.Tests;

/// <summary>The Vulkan drivers that set-up put here for the tests, by name: mesa25, mesa22, swiftshader.</summary>
/// <remarks>
/// They are listed, one <c>name|manifest</c> a line, in the file FORGE_TEST_DRIVERS or else $XDG_DATA_HOME/forge/drivers. Without such a file
/// the system's own driver is the only one, under the name "system".
/// </remarks>
internal static partial class Drivers
{
    private static readonly Lock s_lock = new();

    /// <summary>Names and manifests; a null manifest means the system's choice.</summary>
    public static IReadOnlyDictionary<string, string?> Present { get; } = Read();

    /// <summary>Whether every driver and every case is wanted: <c>./forge test --all</c>.</summary>
    public static bool LongTier => Environment.GetEnvironmentVariable("FORGE_TEST_TIER") == "all";

    /// <summary>The drivers to test on, as theory data. FORGE_TEST_ONLY_DRIVERS narrows it to a comma-separated list.</summary>
    public static TheoryData<string> All => [.. Names()];

    /// <summary>The drivers to test on, at most those in <paramref name="names"/> where any are given.</summary>
    public static IReadOnlyList<string> Names(params string[] names)
    {
        var chosen = Environment.GetEnvironmentVariable("FORGE_TEST_ONLY_DRIVERS")?.Split(',');
        return [.. Present.Keys.Where(n => (names.Length == 0 || names.Contains(n)) && (chosen is null || chosen.Contains(n)))];
    }

    /// <summary>The lavapipe drivers with subgroups of 4 and 16 lanes, as "mesa25@4": LP_NATIVE_VECTOR_WIDTH 128 and 512.</summary>
    public static IReadOnlyList<string> NamesWithOtherSubgroupSizes => [.. Names("mesa25", "mesa22").SelectMany(n => (string[])[n + "@4", n + "@16"])];

    /// <summary><see cref="NamesWithOtherSubgroupSizes"/> as theory data.</summary>
    public static TheoryData<string> OtherSubgroupSizes => [.. NamesWithOtherSubgroupSizes];

    /// <summary>Opens a device on the driver of that name, for lavapipe with "@lanes" behind it.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="options">How the device is opened; auto where no device is named.</param>
    /// <param name="shared">Whether many tests use the device, and count themselves with <see cref="DriverReport.Test"/>.</param>
    /// <param name="acrossSubmissions">Whether the validation layer, where it watches, looks for hazards across submissions too.</param>
    public static Device Open(string driver, DeviceOptions? options = null, bool shared = false, bool acrossSubmissions = true)
    {
        var report = DriverReport.Of(driver);
        // The loader reads VK_DRIVER_FILES with getenv when an instance is made; .NET's SetEnvironmentVariable does not reach getenv.
        lock (s_lock)
        {
            var (name, lanes) = driver.Split('@') is [var n, var l] ? (n, int.Parse(l, System.Globalization.CultureInfo.InvariantCulture)) : (driver, 0);
            if (Present[name] is { } manifest)
                SetNative("VK_DRIVER_FILES", lanes == 0 ? manifest : CopyOf(name, manifest, lanes));
            // Older layers take this from the environment alone; newer ones do it unasked.
            if (options?.Validation == true && acrossSubmissions)
                SetNative("VK_LAYER_ENABLES", "VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT");
            try
            {
                return report.Watch(new Device((options ?? new()) with { Device = options?.Device ?? "auto" }), shared);
            }
            finally
            {
                if (options?.Validation == true && acrossSubmissions)
                    unsetenv("VK_LAYER_ENABLES");
            }
        }
    }

    // Mesa reads its variables whenever a device is made, also by other threads, and its cache of machine code does not know the width: code for another one
    // would run in devices to come. So each width has a copy of the library, which reads variables of its own, and a folder of its own for code.
    private static string CopyOf(string name, string manifest, int lanes)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"forge-tests-{Environment.ProcessId}", $"{name}-{lanes}");
        var target = Path.Combine(folder, "icd.json");
        if (File.Exists(target))
            return target;
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var text = File.ReadAllText(manifest);
        var library = Regex.Match(text, "\"library_path\"\\s*:\\s*\"([^\"]+)\"").Groups[1].Value;
        var copy = Path.Combine(folder, Path.GetFileName(library));
        var code = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(manifest)!, library));
        SetNative(Rename("LP_NATIVE_VECTOR_WIDTH"), $"{32 * lanes}");
        SetNative(Rename("MESA_SHADER_CACHE_DIR"), Directory.CreateDirectory(Path.Combine(Platform.CacheFolder ?? folder, $"{name}@{lanes}")).FullName);
        File.WriteAllBytes(copy, code);
        File.WriteAllText(target, text.Replace(library, copy, StringComparison.Ordinal));
        return target;

        string Rename(string variable)
        {
            var own = $"{variable[..^4]}_{(char)('A' + int.Log2(lanes))}{name[^2..]}"; // as long: ..._C25 for four lanes of mesa25
            byte[] from = Encoding.ASCII.GetBytes(variable), to = Encoding.ASCII.GetBytes(own);
            var found = 0;
            for (int at = 0, next; (next = code.AsSpan(at).IndexOf(from)) >= 0; at += next + from.Length, found++)
                to.CopyTo(code.AsSpan(at + next));
            return found > 0 ? own : throw new InvalidOperationException($"{library} does not read {variable}: it cannot be told how wide its subgroups are.");
        }
    }

    /// <summary>Runs something under an environment that native code sees, then puts it back.</summary>
    public static T WithEnvironment<T>(string name, string value, Func<T> run)
    {
        lock (s_lock)
        {
            var before = Environment.GetEnvironmentVariable(name);
            SetNative(name, value);
            try
            {
                return run();
            }
            finally
            {
                if (before is null)
                    unsetenv(name);
                else
                    SetNative(name, before);
            }
        }
    }

    private static void SetNative(string name, string value)
    {
        if (!OperatingSystem.IsWindows() && setenv(name, value, 1) != 0)
            throw new InvalidOperationException($"setenv {name} failed");
    }

    private static Dictionary<string, string?> Read()
    {
        var file = Environment.GetEnvironmentVariable("FORGE_TEST_DRIVERS")
            ?? Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") ?? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "", ".local", "share"), "forge", "drivers");
        if (!File.Exists(file))
            return new() { ["system"] = null };
        var found = File.ReadLines(file).Select(l => l.Split('|')).Where(p => p.Length == 2 && File.Exists(p[1])).ToDictionary(p => p[0], p => (string?)p[1]);
        return found.Count > 0 ? found : new() { ["system"] = null };
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);
}
