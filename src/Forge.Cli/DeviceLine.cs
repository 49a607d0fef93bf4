using System.Text.Json;
using Forge.Vulkan;

namespace Forge.Cli;

/// <summary>Says which device is in use: always, so that nobody takes a software driver for a GPU.</summary>
internal static class DeviceLine
{
    /// <summary>Prints the device, --quiet or not, and tells programs.</summary>
    public static void Print(Report report, DeviceDescription device)
    {
        report.Result(Line(device));
        report.Event("device", writer =>
        {
            writer.WriteNumber("index", device.Index);
            WriteMembers(writer, device);
        });
    }

    /// <summary>Says it on stderr, for commands whose stdout is one JSON line.</summary>
    public static void PrintOnStderr(DeviceDescription device) => Console.Error.WriteLine(Line(device));

    /// <summary>Prints that no device is used.</summary>
    public static void PrintReference(Report report)
    {
        report.Result("Device reference: Forge's fp64 interpreter on the host, for checking; very slow");
        report.Event("device", writer =>
        {
            writer.WriteNull("index");
            writer.WriteString("name", EngineOpening.Reference);
            writer.WriteString("type", "reference");
            writer.WriteBoolean("software", true);
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

    private static string Line(DeviceDescription device) => $"Device {device}{(device.IsSoftware ? " (runs on the processor)" : "")}";
}
