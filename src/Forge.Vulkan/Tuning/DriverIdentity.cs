using System.Globalization;
using System.Runtime.InteropServices;

namespace Forge.Vulkan.Tuning;

/// <summary>What tells a device and driver from another, for what was measured and checked on them.</summary>
internal static class DriverIdentity
{
    // What every Vulkan driver exports and no layer does: the loader asks it for the rest.
    private const string DriverEntryPoint = "vk_icdGetInstanceProcAddr";

    private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal);

    /// <summary>The device's description, and for a driver that runs on the processor its library's size and time: two Mesas report alike.</summary>
    public static string Of(Device device)
    {
        if (!device.Description.IsSoftware || LibrariesOf(device) is not [var library])
            return device.Description.Identity;
        var file = new FileInfo(library);
        return string.Create(CultureInfo.InvariantCulture, $"{device.Description.Identity} library {file.Length} {file.LastWriteTimeUtc:O}");
    }

    /// <summary>Has the library of a driver that runs on the processor stay in the process when the last device is closed.</summary>
    // The loader loads and unloads it with each instance. SwiftShader loses one of the process's 1,024 keys of thread-local storage every time, and ends
    // the process when there are none.
    public static void KeepLoaded(Device device)
    {
        if (!device.Description.IsSoftware)
            return;
        lock (s_kept)
        {
            foreach (var library in LibrariesOf(device))
                if (s_kept.Add(library))
                    NativeLibrary.TryLoad(library, out _);
        }
    }

    /// <summary>The library of the device's driver; several where a layer stands before it and more drivers are loaded; none where that is not known.</summary>
    // A layer answers for the driver, the validation layer for every entry point: then the driver is among the loaded ones, which of them nobody says.
    internal static unsafe IReadOnlyList<string> LibrariesOf(Device device) =>
        LibraryAt((nint)device.Vk.GetDeviceProcAddr(device.Handle, "vkCmdDispatch").Handle) switch
        {
            null => [],
            var library when IsDriver(library) => [library],
            _ => [.. Mapped().Select(m => m.File).Distinct().Where(f => f.Contains(".so", StringComparison.Ordinal) && File.Exists(f) && IsDriver(f))],
        };

    // Of a library that is loaded already: taking and letting go of it changes nothing.
    private static bool IsDriver(string library)
    {
        if (!NativeLibrary.TryLoad(library, out var handle))
            return false;
        var found = NativeLibrary.TryGetExport(handle, DriverEntryPoint, out _);
        NativeLibrary.Free(handle);
        return found;
    }

    /// <summary>The file that is mapped at an address; null where that is not known.</summary>
    // Linux alone says so in a file. Elsewhere software drivers are told apart by what they report.
    internal static string? LibraryAt(nint address)
    {
        foreach (var (from, to, file) in Mapped())
            if (from <= (ulong)address && (ulong)address < to)
                return File.Exists(file) ? file : null;
        return null;
    }

    private static List<(ulong From, ulong To, string File)> Mapped()
    {
        var files = new List<(ulong, ulong, string)>();
        if (!OperatingSystem.IsLinux())
            return files;
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                // 7f00-7f80 r-xp 00001000 08:01 1234    /usr/lib/libvulkan_lvp.so
                var (dash, space, slash) = (line.IndexOf('-'), line.IndexOf(' '), line.IndexOf('/'));
                if (slash > 0)
                    files.Add((Hex(line.AsSpan(0, dash)), Hex(line.AsSpan(dash + 1, space - dash - 1)), line[slash..]));
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Switches.Log(1, $"the driver's library is not known: {problem.Message}");
        }
        return files;

        static ulong Hex(ReadOnlySpan<char> digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
