using System.CommandLine;
using System.Text.Json;
using Forge.Core;
using Forge.Vulkan;

namespace Forge.Cli.Commands;

/// <summary><c>forge devices</c>: what the loader lists, what each device can do, and how fast it was just now.</summary>
internal static class DevicesCommand
{
    private static readonly Option<bool> NoMeasure = new("--no-measure") { Description = "List only; run nothing on the devices." };

    public static Command Build() => new Command("devices", "List the devices, what they can do and how fast they are.") { NoMeasure }.Does(Run);

    private static int Run(Invocation invocation)
    {
        var devices = DeviceCatalogue.List();
        var wanted = invocation.EngineOptions.Device;
        var chosen = DeviceSelection.Choose([.. devices.Select(d => d.Description)], wanted);
        var mark = wanted == "auto" ? "   <- used unless --device says otherwise" : $"   <- chosen by '{wanted}'";
        foreach (var device in devices)
        {
            invocation.Interruption.Token.ThrowIfCancellationRequested();
            var speed = device.Limits is null || invocation.Get(NoMeasure) ? null : Measure(device.Description);
            Print(invocation.Report, device, speed, device.Description == chosen ? mark : null);
        }
        return ExitCode.Success;
    }

    // One device that fails its test must not hide the others.
    private static DeviceSpeed? Measure(DeviceDescription device)
    {
        try
        {
            return DeviceSpeed.Measure(device.Index);
        }
        catch (ForgeException problem)
        {
            Report.Warn($"{device.Name} was not measured: {problem.Message}");
            return null;
        }
    }

    private static void Print(Report report, CataloguedDevice device, DeviceSpeed? speed, string? mark)
    {
        var (d, limits) = (device.Description, device.Limits);
        report.Result($"{d.Index}  {d.Name}{mark}");
        report.Result($"   type      {Kind(d)}");
        report.Result($"   driver    {d.DriverName} {d.DriverDetail}".TrimEnd() + $", Vulkan {d.ApiVersion}");
        report.Result($"   memory    {d.MemoryBytes / (double)(1L << 30):0.0} GiB");
        if (limits is null) report.Result($"   unusable  {device.Problem}");
        else report.Result($"   features  subgroups of {limits.SubgroupSize}, {string.Join(", ", Features(limits).Where(f => f.Present).Select(f => f.Name))}{Matrices("matrices", limits.Matrices)}{Matrices("of workgroups, multiples of", limits.WorkgroupMatrices)}");
        if (speed is not null) report.Result(FormattableString.Invariant($"   measured  {speed.GigaflopsPerSecond:0.0} GFLOP/s (512x512 product), {speed.GigabytesPerSecond:0.0} GB/s"));
        report.Event("device", writer =>
        {
            Write(writer, device, mark is not null);
            if (speed is null) return;
            writer.WriteNumberOrNull("gflops", speed.GigaflopsPerSecond, 1);
            writer.WriteNumberOrNull("gbs", speed.GigabytesPerSecond, 1);
        });
    }

    private static void Write(Utf8JsonWriter writer, CataloguedDevice device, bool isChosen)
    {
        var d = device.Description;
        writer.WriteNumber("index", d.Index);
        DeviceLine.WriteMembers(writer, d);
        writer.WriteNumber("memory_bytes", d.MemoryBytes);
        writer.WriteBoolean("chosen", isChosen);
        if (device.Limits is not { } limits)
        {
            writer.WriteString("problem", device.Problem);
            return;
        }
        writer.WriteNumber("subgroup", limits.SubgroupSize);
        writer.WriteStartObject("features");
        foreach (var (name, present) in Features(limits)) writer.WriteBoolean(name, present);
        writer.WriteEndObject();
        writer.WriteStartArray("matrices");
        foreach (var shape in limits.Matrices) writer.WriteStringValue(shape.ToString());
        writer.WriteEndArray();
        writer.WriteStartArray("workgroup_matrices");
        foreach (var matrix in limits.WorkgroupMatrices) writer.WriteStringValue(matrix.ToString());
        writer.WriteEndArray();
    }

    private static string Matrices<T>(string title, IReadOnlyList<T> matrices) => matrices.Count == 0 ? "" : $"; {title} {string.Join(", ", matrices)}";

    private static string Kind(DeviceDescription device) => device.Kind switch
    {
        DeviceKind.Software => "software driver: shaders run on the processor",
        DeviceKind.Other => "of a kind its driver does not name",
        var kind => kind.ToString().ToLowerInvariant() + " GPU",
    };

    /// <summary>What kernels choose by, and whether it is there.</summary>
    public static IEnumerable<(string Name, bool Present)> Features(DeviceLimits limits) =>
    [
        ("buffer addresses", limits.HasBufferAddress), ("int64", limits.HasInt64), ("float16", limits.HasFloat16), ("int8", limits.HasInt8),
        ("storage16", limits.HasStorage16), ("storage8", limits.HasStorage8), ("subgroup arithmetic", limits.HasSubgroupArithmetic),
        ("subgroup shuffle", limits.HasSubgroupShuffle), ("subgroup size control", limits.HasSubgroupSizeControl),
        ("cooperative matrix", limits.HasCooperativeMatrix), ("tensor loads", limits.HasTensorLoads), ("pipeline statistics", limits.HasPipelineStatistics), ("lane chain", limits.HasLaneChain),
        ("timestamps", limits.TimestampPeriod > 0),
    ];
}
