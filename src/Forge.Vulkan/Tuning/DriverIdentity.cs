using System.Globalization;
using System.Runtime.InteropServices;

namespace Forge.Vulkan.Tuning;

/// <summary>What tells a device and driver from another, for what was measured and checked on them.</summary>
internal static class DriverIdentity
{
    /// <summary>The device's description, and for a driver that runs on the processor its library's size and time: two Mesas report alike.</summary>
    public static unsafe string Of(Device device)
    {
        if (!device.Description.IsSoftware || LibraryAt((nint)device.Vk.GetDeviceProcAddr(device.Handle, "vkCmdDispatch").Handle) is not { } library)
            return device.Description.Identity;
        var file = new FileInfo(library);
        return string.Create(CultureInfo.InvariantCulture, $"{device.Description.Identity} library {file.Length} {file.LastWriteTimeUtc:O}");
    }

    /// <summary>Has the library of a driver that runs on the processor stay in the process when the last device is closed.</summary>
    // The loader loads and unloads it with each instance. SwiftShader loses one of the process's 1,024 keys of thread-local storage every time, and ends
    // the process when there are none.
    public static unsafe void KeepLoaded(Device device)
    {
        if (!device.Description.IsSoftware)
            return;
        lock (s_kept)
        {
            if (s_kept.Add(device.Description.Identity) && LibraryAt((nint)device.Vk.GetDeviceProcAddr(device.Handle, "vkCmdDispatch").Handle) is { } library)
                NativeLibrary.TryLoad(library, out _);
        }
    }

    private static readonly HashSet<string> s_kept = new(StringComparer.Ordinal);

    /// <summary>The file that is mapped at an address; null where that is not known.</summary>
    // Linux alone says so in a file. Elsewhere software drivers are told apart by what they report.
    internal static string? LibraryAt(nint address)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                // 7f00-7f80 r-xp 00001000 08:01 1234    /usr/lib/libvulkan_lvp.so
                var (dash, space, slash) = (line.IndexOf('-'), line.IndexOf(' '), line.IndexOf('/'));
                if (slash > 0 && Hex(line.AsSpan(0, dash)) <= (ulong)address && (ulong)address < Hex(line.AsSpan(dash + 1, space - dash - 1)))
                    return File.Exists(line[slash..]) ? line[slash..] : null;
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Switches.Log(1, $"the driver's library is not known: {problem.Message}");
        }
        return null;

        static ulong Hex(ReadOnlySpan<char> digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
