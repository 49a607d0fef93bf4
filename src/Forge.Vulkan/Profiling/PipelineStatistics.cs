using System.Globalization;
using System.Text;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Profiling;

/// <summary>A figure that a driver tells of a compiled kernel, such as its registers.</summary>
/// <param name="Name">The driver's name for it.</param>
/// <param name="Value">The figure as text; a number has no unit but what the name and description say.</param>
/// <param name="Description">The driver's explanation.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PipelineStatistic(string Name, string Value, string Description);

/// <summary>Asks a driver for figures of compiled kernels (VK_KHR_pipeline_executable_properties).</summary>
internal static unsafe class PipelineStatistics
{
    // VK_MAX_DESCRIPTION_SIZE, the length of the driver's texts with their closing zero.
    private const int TextLength = 256;

    /// <summary>What the driver tells of a pipeline; nothing where it tells nothing, or where the device was not opened to ask.</summary>
    /// <exception cref="VulkanException">The driver was asked and failed.</exception>
    public static IReadOnlyList<PipelineStatistic> Of(Device device, ComputePipeline pipeline)
    {
        if (!device.CapturesStatistics)
            return [];
        var properties = (delegate* unmanaged<Silk.NET.Vulkan.Device, PipelineInfoKHR*, uint*, PipelineExecutablePropertiesKHR*, Result>)device.Api.Load("vkGetPipelineExecutablePropertiesKHR");
        var statistics = (delegate* unmanaged<Silk.NET.Vulkan.Device, PipelineExecutableInfoKHR*, uint*, PipelineExecutableStatisticKHR*, Result>)device.Api.Load("vkGetPipelineExecutableStatisticsKHR");
        var asked = new PipelineInfoKHR { SType = StructureType.PipelineInfoKhr, Pipeline = pipeline.Handle };
        uint executables = 0;
        properties(device.Handle, &asked, &executables, null).Check("vkGetPipelineExecutablePropertiesKHR", $"asking about {pipeline.Name}");

        var told = new List<PipelineStatistic>();
        for (var e = 0u; e < executables; e++)
        {
            var one = new PipelineExecutableInfoKHR { SType = StructureType.PipelineExecutableInfoKhr, Pipeline = pipeline.Handle, ExecutableIndex = e };
            uint count = 0;
            statistics(device.Handle, &one, &count, null).Check("vkGetPipelineExecutableStatisticsKHR", $"asking about {pipeline.Name}");
            var figures = new PipelineExecutableStatisticKHR[count];
            figures.AsSpan().Fill(new() { SType = StructureType.PipelineExecutableStatisticKhr });
            fixed (PipelineExecutableStatisticKHR* p = figures)
            {
                statistics(device.Handle, &one, &count, p).Check("vkGetPipelineExecutableStatisticsKHR", $"asking about {pipeline.Name}");
                for (var i = 0; i < count; i++)
                    told.Add(new(Text(p[i].Name), Value(p[i]), Text(p[i].Description)));
            }
        }
        return told;
    }

    private static string Value(PipelineExecutableStatisticKHR figure) => figure.Format switch
    {
        PipelineExecutableStatisticFormatKHR.Bool32Khr => figure.Value.B32 ? "yes" : "no",
        PipelineExecutableStatisticFormatKHR.Int64Khr => figure.Value.I64.ToString(CultureInfo.InvariantCulture),
        PipelineExecutableStatisticFormatKHR.Uint64Khr => figure.Value.U64.ToString(CultureInfo.InvariantCulture),
        _ => figure.Value.F64.ToString("0.###", CultureInfo.InvariantCulture),
    };

    private static string Text(byte* text)
    {
        var bytes = new ReadOnlySpan<byte>(text, TextLength);
        return Encoding.UTF8.GetString(bytes[..Math.Max(0, bytes.IndexOf((byte)0))]);
    }
}
