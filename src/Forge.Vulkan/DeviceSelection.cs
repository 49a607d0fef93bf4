using System.Globalization;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Chooses a device by the user's words.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class DeviceSelection
{
    /// <summary>Chooses one of <paramref name="devices"/>.</summary>
    /// <param name="devices">What the loader lists.</param>
    /// <param name="wanted">
    /// Null, empty or <c>auto</c>: the best kind (discrete, integrated, virtual, software), the first of that kind. A number: the device of that index.
    /// Otherwise, and for a number that is no index, a device whose name or (no number) driver contains these words, in any case; an exact name wins.
    /// </param>
    /// <exception cref="DeviceException">There is no device, none matches, or several do.</exception>
    public static DeviceDescription Choose(IReadOnlyList<DeviceDescription> devices, string? wanted)
    {
        if (devices.Count == 0)
            throw VulkanInstance.NoDriver();
        wanted = wanted?.Trim();
        if (string.IsNullOrEmpty(wanted) || wanted.Equals("auto", StringComparison.OrdinalIgnoreCase))
            return devices.OrderBy(d => d.Kind).ThenBy(d => d.Index).First();
        var isNumber = int.TryParse(wanted, NumberStyles.Integer, CultureInfo.InvariantCulture, out var index);
        if (isNumber && devices.FirstOrDefault(d => d.Index == index) is { } numbered)
            return numbered;

        var matches = devices.Where(d => d.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
        if (matches.Count == 0)
            matches = [.. devices.Where(d => (isNumber ? d.Name : $"{d.Name} {d.DriverName} {d.DriverDetail}").Contains(wanted, StringComparison.OrdinalIgnoreCase))];
        return matches.Count switch
        {
            1 => matches[0],
            0 when isNumber => throw new DeviceException($"There is no device {index}. Devices here:\n{List(devices)}\nChoose one with --device or FORGE_DEVICE."),
            0 => throw new DeviceException($"No device is called '{wanted}'. Devices here:\n{List(devices)}\nChoose one by index or by part of its name with --device or FORGE_DEVICE."),
            _ => throw new DeviceException($"'{wanted}' matches {matches.Count} devices:\n{List(matches)}\nGive more of the name, or the index."),
        };
    }

    private static string List(IEnumerable<DeviceDescription> devices) => string.Join('\n', devices.Select(d => $"  {d}"));
}
