using System.Text.Json;
using Forge.Vulkan;

namespace Forge.Cli;

/// <summary>Says which device is in use: always, so that nobody takes a software driver for a GPU.</summary>
internal static class DeviceLine
{
    /// <summary>Prints the device, --quiet or not, and tells programs.</summary>
    public static void Print(Report report, DeviceDescription device)
    {
        report.Result($"Device {device}" + (device.IsSoftware ? " (runs on the processor)" : ""));
        report.Event("device", writer =>
        {
            writer.WriteNumber("index", device.Index);
            WriteMembers(writer, device);
        });
    }

    /// <summary>The members that describe a device, the same in every event.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, DeviceDescription device)
    {
        writer.WriteString("name", device.Name);
        writer.WriteString("type", device.Kind.ToString().ToLowerInvariant());
        writer.WriteBoolean("software", device.IsSoftware);
        writer.WriteString("driver", $"{device.DriverName} {device.DriverDetail}".TrimEnd());
        writer.WriteString("vulkan", device.ApiVersion.ToString());
    }
}
