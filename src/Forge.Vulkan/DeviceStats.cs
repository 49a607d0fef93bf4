using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Forge.Vulkan;

/// <summary>What a device did between being opened and closed: FORGE_STATS=FILE appends it to a file, one JSON object a line.</summary>
internal sealed class DeviceStats
{
    private readonly long _opened = Stopwatch.GetTimestamp();

    /// <summary>Appends the line, where the switch asks for it.</summary>
    /// <param name="device">The device that is about to be closed.</param>
    public void Record(Device device)
    {
        if (Environment.GetEnvironmentVariable("FORGE_STATS") is not { Length: > 0 } path) return;
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("device", device.Description.Name);
            writer.WriteString("driver", $"{device.Description.DriverName} {device.Description.DriverDetail}".TrimEnd());
            writer.WriteNumber("pipelines", device.PipelinesBuilt);
            writer.WriteNumber("submissions", device.Submissions);
            writer.WriteNumber("seconds", Math.Round(Stopwatch.GetElapsedTime(_opened).TotalSeconds, 3));
            writer.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        try
        {
            File.AppendAllText(path, Encoding.UTF8.GetString(line.ToArray()));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // A device is closed on the way out, of failures too: a lost line must not hide what led here.
            Console.Error.WriteLine($"forge: warning: FORGE_STATS is '{path}', which cannot be written ({problem.Message.TrimEnd('.')}).");
        }
    }
}
